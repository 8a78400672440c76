import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { currentInstallation, type Installation, install } from '../../../../instrument/install.ts';
import { withTracker } from '../../../../instrument/with-tracker.ts';
import type { Stack } from '../../../../src/core/stack.ts';
import { Mutex } from '../../../../src/sync/user/mutex.ts';
import { MemoryStore } from '../../../servers/bullmq.ts';
import { MemoryConnection, scriptsReach } from '../../../servers/bullmq-5.ts';
import { previous } from './library-stage.ts';
import { told } from './told.ts';

const LINES = readFileSync(fileURLToPath(import.meta.url), 'utf8').split('\n');

type Bullmq = typeof import('bullmq');
type Processor = (job: import('bullmq').Job) => Promise<unknown>;

const open: { close(force?: boolean): Promise<void> }[] = [];
let major: Major;
let bullmq: Bullmq;
let store: MemoryStore;
let unreach: () => void;

/** A major of bullmq, and how what it makes reaches the store: its options for a queue, and its last argument. */
interface Major {
  load(): Bullmq;
  reach(): () => void;
  to(name: string): readonly [options: { readonly connection: never }, backend?: never];
}

const MAJORS: Readonly<Record<string, Major>> = {
  'bullmq 6': {
    load: () => createRequire(import.meta.url)('bullmq') as Bullmq,
    reach: () => () => undefined,
    to: () => [{ connection: {} as never }, store.backend as never],
  },
  'bullmq 5': {
    load: () => previous('bullmq') as Bullmq,
    reach: () => scriptsReach(store, (previous('bullmq') as { Scripts: { prototype: never } }).Scripts.prototype),
    to: (name) => [{ connection: new MemoryConnection(store, name) as never }],
  },
};

beforeAll(() => void install());
beforeEach(() => {
  store = new MemoryStore();
  unreach = major.reach();
});
afterEach(async () => {
  // One that waits for itself is never closed.
  for (const each of open.splice(0)) void each.close(true);
  await turn();
  unreach();
});
afterAll(() => currentInstallation()?.uninstall());

/** A queue with its events, and workers of it in this process. */
function queueNamed(name: string) {
  const queue = new bullmq.Queue(name, ...major.to(name));
  const events = new bullmq.QueueEvents(name, ...major.to(name));
  const work = (processor: Processor, concurrency: number) => {
    const [options, ...rest] = major.to(name);
    const worker = new bullmq.Worker(name, processor, { ...options, concurrency }, ...rest);
    open.unshift(worker);
    return worker;
  };
  open.push(events, queue);
  const result = async (job: string): Promise<string> => (await queue.add(job, {})).waitUntilFinished(events);
  return { queue, events, work, result };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function installation(): Installation {
  return currentInstallation() ?? expect.unreachable('nothing is installed');
}

/** The line of this file in which something was done, else the file. */
function calledIn({ stack }: { readonly stack: Stack | null }): string {
  const frame = stack?.frames[0];
  const isHere = frame?.file?.endsWith('bullmq.test.ts') === true;
  return isHere ? (LINES[(frame?.line ?? 0) - 1] ?? '').trim() : (frame?.file ?? 'nowhere');
}

async function run(program: () => Promise<unknown>) {
  const { findings, ...rest } = await withTracker(program, { confirmAfterMs: 20 });
  return {
    ...rest,
    codes: told(findings),
    places: findings.flatMap(({ circle }) => circle.map(({ start, wait }) => [start, wait].map(calledIn))),
    help: findings.flatMap(({ help }) => help),
  };
}

describe.each(Object.entries(MAJORS))('%s', (_name, of) => {
  beforeAll(() => {
    major = of;
    bullmq = of.load();
  });

  describe('a job that waits for another job', () => {
    test('of its own queue takes a second slot', async () => {
      const { codes, value, help, places } = await run(async () => {
        const mails = queueNamed('mails');
        mails.work(async ({ name }) => (name === 'digest' ? `digest of ${await mails.result('mail')}` : name), 3);
        return mails.result('digest');
      });
      expect(places).toEqual([
        [expect.stringContaining('new bullmq.Worker('), expect.stringContaining('waitUntilFinished(events)')],
      ]);
      expect(value).toBe('digest of mail');
      expect(codes).toEqual(['DEPT001 error mails']);
      expect(help[0]).toBe('It hangs as soon as 3 tasks of mails wait for another one at the same time.');
    });

    test('of its own queue is told of where the program ends, when no slot is left for it', async () => {
      const mails = queueNamed('mails');
      mails.work(async () => mails.result('mail'), 1);
      void mails.result('digest');
      await expect.poll(() => installation().waitsFor.describeOpen().length).toBe(1);
      const [digest] = installation().waitsFor.describeOpen();
      expect(digest?.label).toBe('waitUntilFinished');
      expect(digest?.owners.map(({ startLabel }) => startLabel)).toEqual(['process']);
      installation().waitsFor.confirm(true);
      expect(installation().findings).toEqual([]);
    });

    test('under a lock that this one takes, too, is a circle', async () => {
      const { codes } = await run(async () => {
        const lock = new Mutex({ name: 'templates' });
        const mails = queueNamed('mails');
        mails.work(async ({ name }) => (name === 'plain' ? name : lock.runExclusive(turn)), 2);
        await mails.result('styled');
        await lock.runExclusive(async () => mails.result('plain'));
      });
      expect(codes).toEqual(['DEPT001 error mails templates']);
    });

    test('has behind it what that job had to wait for', async () => {
      const { codes } = await run(async () => {
        const templates = new Mutex({ name: 'templates' });
        const outbox = new Mutex({ name: 'outbox' });
        const mails = queueNamed('mails');
        mails.work(async () => outbox.runExclusive(turn), 1);
        await outbox.runExclusive(() => templates.runExclusive(turn));
        await templates.runExclusive(async () => mails.result('styled'));
      });
      expect(codes).toContain('DEPT001 error outbox templates');
    });

    test('is fine with a queue of its own', async () => {
      const { codes, value, openWaits } = await run(async () => {
        const mails = queueNamed('mails');
        const digests = queueNamed('digests');
        mails.work(async ({ name }) => name, 1);
        digests.work(async () => `digest of ${await mails.result('mail')}`, 1);
        return Promise.all([digests.result('digest'), digests.result('digest')]);
      });
      expect(value).toEqual(['digest of mail', 'digest of mail']);
      expect(codes).toEqual([]);
      expect(openWaits).toEqual([]);
    });

    test('that another process takes waits for no slot of this one', async () => {
      // On a busy machine a timer may be late, and must not take a job of another test.
      const own = store;
      const { codes, value, openWaits } = await run(async () => {
        const mails = queueNamed('mails');
        mails.work(async () => {
          const mail = await mails.queue.add('mail', {});
          // The worker of this process has no slot left.
          setTimeout(() => void own.finishElsewhere('mails'), 100);
          return mail.waitUntilFinished(mails.events);
        }, 1);
        return mails.result('digest');
      });
      expect(value).toBe('elsewhere');
      expect(codes).toEqual([]);
      expect(openWaits).toEqual([]);
    });

    test('that is running or finished already waits for no slot', async () => {
      const { codes, value } = await run(async () => {
        const mails = queueNamed('mails');
        const mail = await mails.queue.add('mail', {});
        let isWaiting = false;
        mails.work(async ({ name }) => {
          if (name === 'mail') {
            while (!isWaiting) await turn();
            return name;
          }
          const sent = mail.waitUntilFinished(mails.events);
          isWaiting = true;
          await sent;
          return mail.waitUntilFinished(mails.events);
        }, 2);
        return mails.result('digest');
      });
      expect(value).toBe('mail');
      expect(codes).toEqual([]);
    });

    test('and gives up, which is a warning, or sees it fail, waits no more', async () => {
      const { codes, value, openWaits } = await run(async () => {
        const mails = queueNamed('mails');
        mails.work(async () => Promise.reject(new Error('no template')), 1);
        const failed = await mails.result('mail').catch(({ message }: Error) => message);
        const idle = queueNamed('idle');
        idle.work(async () => idle.queue.add('mail', {}).then((mail) => mail.waitUntilFinished(idle.events, 1)), 1);
        return [failed, await idle.result('digest').catch(({ message }: Error) => message.includes('timed out'))];
      });
      expect(value).toEqual(['no template', true]);
      expect(codes).toEqual(['DEPT001 warning idle']);
      expect(openWaits).toEqual([]);
    });
  });

  describe('a worker that is closed', () => {
    test('by one of its jobs waits for itself', async () => {
      const { codes } = await run(async () => {
        const mails = queueNamed('mails');
        const worker = mails.work(async () => worker.close(), 2);
        return mails.result('last');
      });
      expect(codes).toEqual(['DEPT002 error mails']);
    });

    test.each([false, true])('from outside, or by a job that does not wait for that (%s), is fine', async (force) => {
      const { codes, value, openWaits } = await run(async () => {
        const mails = queueNamed('mails');
        const worker = mails.work(async ({ name }) => {
          if (name === 'last') void worker.close(force);
          return name;
        }, 2);
        const last = [await mails.result('first'), await mails.result('last')];
        await worker.close();
        return last;
      });
      expect(value).toEqual(['first', 'last']);
      expect(codes).toEqual([]);
      expect(openWaits).toEqual([]);
    });
  });

  test('a processor that is no async function behaves as it does unwatched', async () => {
    const mails = queueNamed('mails');
    mails.work(
      (({ name }: { name: string }) => {
        if (name === 'bad') throw new Error('bad mail');
        return name;
      }) as never,
      1,
    );
    expect(await mails.result('mail')).toBe('mail');
    await expect(mails.result('bad')).rejects.toThrow('bad mail');
    expect(await mails.result('mail')).toBe('mail');
  });

  test('uninstall restores what it has patched', () => {
    const methods = () =>
      [bullmq.Worker, bullmq.Job].map(({ prototype }) => ({ ...Object.getOwnPropertyDescriptors(prototype) }));
    const [worker, job] = methods();
    installation().uninstall();
    const [restoredWorker, restoredJob] = methods();
    expect(restoredWorker?.['close']?.value).not.toBe(worker?.['close']?.value);
    expect(restoredJob?.['waitUntilFinished']?.value).not.toBe(job?.['waitUntilFinished']?.value);
    install();
  });
});
