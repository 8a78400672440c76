import { afterEach, beforeEach, expect, test } from 'vitest';
import { currentInstallation, type Installation, install } from '../../../../instrument/install.ts';
import { isLeftBehind, stalledFinding } from '../../../../src/tracker/stalled.ts';
import { previous, turn } from './library-stage.ts';

let installation: Installation;
beforeEach(() => {
  installation = install();
});
afterEach(() => currentInstallation()?.uninstall());

/** What is told at the end of a program with these open waits, in plain words. */
function told(): readonly string[] {
  const openWaits = installation.waitsFor.takeStalled(isLeftBehind);
  if (openWaits.length === 0) return [];
  const { code, help } = stalledFinding({ openWaits, at: installation.session.now });
  return [code, ...openWaits.map(({ objectLabel }) => objectLabel), help[0] ?? ''];
}

test('who asks a semaphore for more than it has is told so at the end', async () => {
  const { Semaphore } = await import('async-mutex');
  const copies = new Semaphore(2);
  void copies.acquire(3);
  expect(told()).toEqual([
    'DEPT003',
    '3 permits of copies, which has only 2',
    'Nobody can ever grant 3 permits of copies, which has only 2: ask for fewer, or make it larger.',
  ]);
  expect(told()).toEqual([]);
});

test('who asks for as many as there are is granted them', async () => {
  const { Semaphore } = await import('async-mutex');
  const copies = new Semaphore(2);
  const [, release] = await copies.acquire(2);
  release();
  expect(told()).toEqual([]);
});

test('a semaphore that was made larger, or that counts what is produced, is left alone', async () => {
  const { Semaphore } = await import('async-mutex');
  const larger = new Semaphore(2);
  const granted = larger.acquire(3);
  larger.setValue(3);
  await granted;
  const items = new Semaphore(1);
  await items.acquire();
  items.release(1);
  items.release(1);
  void items.acquire(3);
  expect(told()).toEqual([]);
});

test('the same with the callbacks of semaphore', async () => {
  const { default: semaphore } = await import('semaphore');
  const pages = semaphore(2);
  pages.take(3, () => undefined);
  expect(told().slice(0, 2)).toEqual(['DEPT003', '3 permits of pages, which has only 2']);
});

test('the same with the effects of effect', async () => {
  const { Effect, Semaphore } = await import('effect');
  const connections = Semaphore.makeUnsafe(2);
  Effect.runFork(connections.withPermits(3)(Effect.void));
  expect(told().slice(0, 2)).toEqual(['DEPT003', '3 permits of connections, which has only 2']);

  const larger = Semaphore.makeUnsafe(2);
  const granted = Effect.runPromise(larger.withPermits(3)(Effect.succeed('granted')));
  Effect.runSync(larger.resize(3));
  expect(await granted).toBe('granted');
  const items = Semaphore.makeUnsafe(1);
  Effect.runSync(items.release(1));
  Effect.runFork(items.take(3));
  expect(told()).toEqual([]);
});

test('the same with those of effect 3', async () => {
  const { Effect } = previous('effect');
  const connections = Effect.unsafeMakeSemaphore(2);
  Effect.runFork(connections.withPermits(3)(Effect.void));
  await turn();
  expect(told().slice(0, 2)).toEqual(['DEPT003', '3 permits of connections, which has only 2']);

  const larger = Effect.unsafeMakeSemaphore(2);
  Effect.runSync(larger.resize(3));
  Effect.runFork(larger.take(4));
  await turn();
  expect(told()).toEqual([]);
});
