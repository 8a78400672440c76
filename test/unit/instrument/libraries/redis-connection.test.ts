import { afterEach, beforeEach, expect, test } from 'vitest';
import type { NamedPlace } from '../../../../instrument/first-use.ts';
import { currentInstallation, install } from '../../../../instrument/install.ts';
import { RedisConnection, type Sent } from '../../../../instrument/libraries/redis-connection.ts';
import * as hooks from '../../../../src/sync/hooks.ts';

beforeEach(() => void install());
afterEach(() => currentInstallation()?.uninstall());

class Connection extends RedisConnection {
  protected keyOf(key: string): string {
    return key;
  }

  protected placeOf(command: string): NamedPlace | null {
    return { name: 'redis', site: command };
  }

  pop(key: string): Sent | null {
    return this.send({ name: 'blpop', args: [key, 0] }, false);
  }

  push(key: string): void {
    this.send({ name: 'rpush', args: [key, 'item'] }, false);
  }
}

/** True while something is owed or asked for: until then all that happens is kept. */
function isAskedFor(): boolean | undefined {
  return currentInstallation()?.session.histories.active;
}

test('of a key that others fill nothing is asked for any more when the last reply is there', () => {
  const [one, two] = [new Connection(), new Connection()];
  const [first, second] = [one.pop('jobs'), two.pop('jobs')];
  expect(isAskedFor()).toBe(true);
  first?.end(true);
  expect(isAskedFor()).toBe(true);
  second?.end(true);
  expect(isAskedFor()).toBe(false);
});

test('a worker that asks again and again leaves nothing behind', () => {
  const worker = new Connection();
  for (let job = 0; job < 10; job++) worker.pop('jobs')?.end(job % 2 === 0);
  expect(isAskedFor()).toBe(false);
});

test('who was pushed what it waits for waits no longer, however late the reply comes', async () => {
  const replies = new Map<string, () => void>();
  const popped = (connection: Connection, key: string): Promise<void> => {
    const sent = connection.pop(key);
    const reply = new Promise<void>((resolve) =>
      replies.set(key, () => {
        sent?.end(true);
        resolve();
      }),
    );
    return hooks.bind(reply, sent?.wait ?? null);
  };
  const [shared, worker, client] = [new Connection(), new Connection(), new Connection()];
  async function work(): Promise<void> {
    for (const answer of ['first', 'second']) {
      await popped(worker, 'jobs');
      shared.push(answer);
    }
  }
  async function ask(): Promise<void> {
    for (const answer of ['first', 'second']) {
      shared.push('jobs');
      await popped(client, answer);
    }
  }
  const both = [work(), ask()];
  for (const key of ['jobs', 'first', 'jobs', 'second']) {
    replies.get(key)?.();
    // The worker asks for the next job before the client hears of this one.
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  }
  await Promise.all(both);
  expect(currentInstallation()?.findings.map(({ message }) => message)).toEqual([]);
});
