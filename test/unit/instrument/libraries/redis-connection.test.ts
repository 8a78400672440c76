import { afterEach, beforeEach, expect, test } from 'vitest';
import type { NamedPlace } from '../../../../instrument/first-use.ts';
import { currentInstallation, install } from '../../../../instrument/install.ts';
import { RedisConnection, type Sent } from '../../../../instrument/libraries/redis-connection.ts';

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
