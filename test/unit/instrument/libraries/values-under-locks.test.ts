import { expect, test } from 'vitest';
import { LibraryStage, latest, turn } from './library-stage.ts';

type Load = () => Promise<number>;

/** Ways in which a task waits for a value. */
const WAYS: Readonly<Record<string, (load: Load) => Promise<unknown>>> = {
  'awaits it': async (load) => void (await load()),
  'returns it': (load) => load(),
  'is an async function that returns it': async (load) => load(),
  'awaits what `then` makes of it': async (load) => void (await load().then((value) => value + 1)),
  'returns what `then` makes of it': (load) => load().then((value) => value + 1),
  'waits for another one too': (load) => Promise.all([load(), turn()]),
};

const ways = Object.entries(WAYS);

function modules(): Promise<[typeof import('async-mutex'), typeof import('p-limit'), typeof import('p-memoize')]> {
  return Promise.all([Promise.resolve(latest('async-mutex')), import('p-limit'), import('p-memoize')]);
}

/** A lock, and a value that takes it to be computed. */
async function lockAndLoad(): Promise<{ readonly lock: import('async-mutex').Mutex; readonly load: Load }> {
  const [{ Mutex }, , { default: pMemoize }] = await modules();
  const lock = new Mutex();
  const load: Load = pMemoize(async () => {
    await turn();
    return lock.runExclusive(() => 1);
  });
  return { lock, load };
}

/** Of what the program does while it runs: nobody says that it is over. */
async function foundMeanwhile({ installation }: LibraryStage): Promise<readonly string[]> {
  for (let i = 0; i < 10; i++) await turn();
  for (let look = 0; look < 2; look++) installation.waitsFor.confirm(false);
  return installation.findings.map(({ code }) => code);
}

test.each(ways)(
  'a lock is held by a task that %s, which takes the lock to be computed: a deadlock',
  async (_, under) => {
    using stage = new LibraryStage();
    const { lock, load } = await lockAndLoad();
    void lock.runExclusive(() => under(load));
    expect(await foundMeanwhile(stage)).toEqual(['DEPT002']);
  },
);

test.each(ways)('a slot is held by a task that %s, which takes a slot to be computed: a deadlock', async (_, under) => {
  using stage = new LibraryStage();
  const [, { default: pLimit }, { default: pMemoize }] = await modules();
  const limit = pLimit(1);
  const load: Load = pMemoize(async () => {
    await turn();
    return limit(async () => 1);
  });
  void limit(() => under(load));
  expect(await foundMeanwhile(stage)).toEqual(['DEPT002']);
});

test('a task that only begins the computing, and looks after its errors, waits for nothing', async () => {
  using stage = new LibraryStage();
  const { lock, load } = await lockAndLoad();
  await lock.runExclusive(async () => {
    load().catch(() => undefined);
    await turn();
  });
  expect(await load()).toBe(1);
  expect(await stage.found()).toEqual([]);
});

test('the advice about a lock and a value names both, and no order of locks', async () => {
  using stage = new LibraryStage();
  const { lock, load } = await lockAndLoad();
  await load();
  await lock.runExclusive(async () => load());
  await stage.found();
  expect(stage.installation.findings.map(({ code, help }) => [code, ...help])).toEqual([
    [
      'DEPT001',
      'Release lock before you await load, or ask for load before you take lock.',
      'Or let the code that makes load do without lock.',
    ],
  ]);
});
