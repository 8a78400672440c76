import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { currentInstallation, type Installation, install } from '../../../../instrument/install.ts';
import { Mutex } from '../../../../src/sync/user/mutex.ts';
import { BullServer } from '../../../servers/bull.ts';
import { latest, turn } from './library-stage.ts';
import { told } from './told.ts';

type Queue = import('bull').Queue;

let installation: Installation;
let server: BullServer;
let names = 0;
const open: Queue[] = [];

beforeEach(() => {
  installation = install();
  server = new BullServer();
});
afterEach(async () => {
  // One that waits for itself is never closed.
  for (const queue of open.splice(0)) void queue.close(true);
  await turn();
  currentInstallation()?.uninstall();
});

/** A queue with a name of its own in this process, as the slots of a queue are known by that. */
function queueNamed(name: string): Queue {
  const Bull = latest('bull') as new (name: string, options: object) => Queue;
  const queue = new Bull(`${name}-${++names}`, { createClient: server.client, skipVersionCheck: true });
  open.push(queue);
  return queue;
}

async function result(queue: Queue, name: string, options: object = {}): Promise<string> {
  const job = await queue.add(name, {}, options);
  return (await job.finished()) as string;
}

function found(): readonly string[] {
  installation.waitsFor.confirm(true);
  return told(installation.findings).map((finding) => finding.replaceAll(/-\d+/g, ''));
}

describe('a job that waits for another job', () => {
  test('of its own queue takes a second slot: all names share them', async () => {
    const mails = queueNamed('mails');
    void mails.process('digest', 2, async () => `digest of ${await result(mails, 'mail')}`);
    void mails.process('mail', async ({ name }) => name);
    expect(await result(mails, 'digest')).toBe('digest of mail');
    expect(found()).toEqual(['DEPT001 error mails']);
    const [finding] = installation.findings;
    expect(finding?.help[0]).toContain('as soon as 3 tasks of mails');
    expect(finding?.circle.map(({ start, wait }) => [start.stack, wait.stack].map(fileOf))).toEqual([[HERE, HERE]]);
  });

  test('of its own queue is open where the program ends, when no slot is left for it', async () => {
    const mails = queueNamed('mails');
    void mails.process('*', async () => result(mails, 'mail'));
    void result(mails, 'digest').catch(() => undefined);
    const waits = (): unknown =>
      installation.waitsFor
        .describeOpen()
        .map(({ label, owners }) => [label, ...owners.map(({ startLabel }) => startLabel)]);
    // Nobody owes it before the job has begun.
    await expect.poll(waits).toEqual([['finished', 'process']]);
    expect(found()).toEqual([]);
  });

  test('loses its slot after some time, where it has such a limit: a warning', async () => {
    const mails = queueNamed('mails');
    void mails.process('*', 3, async ({ name }) => (name === 'digest' ? result(mails, 'mail') : name));
    expect(await result(mails, 'digest', { timeout: 1000 })).toBe('mail');
    expect(found()).toEqual(['DEPT001 warning mails']);
  });

  test('of another queue waits for no slot of its own', async () => {
    const [mails, digests] = [queueNamed('mails'), queueNamed('digests')];
    void mails.process('*', async ({ name }) => name);
    void digests.process('*', 2, async () => result(mails, 'mail'));
    expect(await Promise.all([result(digests, 'a'), result(digests, 'b')])).toEqual(['mail', 'mail']);
    expect(found()).toEqual([]);
    expect(installation.waitsFor.open).toEqual([]);
  });

  test('under a lock that this one takes, too, is a circle', async () => {
    const lock = new Mutex({ name: 'templates' });
    const mails = queueNamed('mails');
    void mails.process('*', async ({ name }) => (name === 'plain' ? name : lock.runExclusive(turn)));
    await result(mails, 'styled');
    await lock.runExclusive(() => result(mails, 'plain'));
    expect(found()).toEqual(['DEPT001 error mails templates']);
  });

  test('hears that it has failed, and its slot is free', async () => {
    const mails = queueNamed('mails');
    void mails.process('*', async ({ name }) => {
      if (name === 'bad') throw new Error('on purpose');
      return name;
    });
    await expect(result(mails, 'bad')).rejects.toThrow('on purpose');
    expect(await result(mails, 'good')).toBe('good');
    expect(found()).toEqual([]);
    expect(installation.waitsFor.open).toEqual([]);
  });
});

test('a job that awaits the end of its queue waits for itself', async () => {
  const mails = queueNamed('mails');
  void mails.process('*', async () => mails.close());
  void result(mails, 'last').catch(() => undefined);
  await expect.poll(() => installation.waitsFor.open.length).toBeGreaterThan(0);
  await expect.poll(found).toEqual(['DEPT002 error mails']);
});

const HERE = 'bull.test.ts';

function fileOf(stack: { readonly frames: readonly { readonly file?: string | null }[] } | null): string | undefined {
  return stack?.frames[0]?.file?.split('/').at(-1);
}
