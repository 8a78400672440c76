import { afterEach, beforeEach, expect, test } from 'vitest';
import { joinPromises } from '../../../instrument/attribution/joined-promises.ts';
import {
  keptReactions,
  letAllGo,
  pendingReactions,
  refillKept,
} from '../../../instrument/attribution/kept-reactions.ts';
import { type Follower, follow } from '../../../instrument/attribution/promise-links.ts';

const NOBODY: Follower = {
  created: () => undefined,
  begins: () => undefined,
  ended: () => undefined,
  resolved: () => undefined,
};
/** More than are kept. */
const MANY = 5_000;

beforeEach(() => follow(NOBODY, 'links'));
afterEach(() => follow(NOBODY, 'off'));

async function turn(): Promise<void> {
  await Promise.resolve();
}

/** What the test runner waits for is not counted. */
async function start(count: number): Promise<void> {
  await turn();
  letAllGo();
  refillKept(count);
}

test('whoever waits for a promise is pending until it is settled', async () => {
  await start(10);
  const { promise, settle } = settledLater();
  expect(pendingReactions()).toEqual([]);
  const waiter = (async () => promise)();
  const derived = promise.then((value) => value);
  expect(pendingReactions()).not.toEqual([]);
  settle();
  await derived;
  await waiter;
  expect(pendingReactions()).toEqual([]);
});

test('a promise that its maker disposes of instead of settling it is waited for by nobody', async () => {
  await start(10);
  const { promise, settle } = settledLater();
  const limit = Object.assign(promise, { [Symbol.dispose]: () => undefined });
  const derived = limit.then((value) => value);
  expect(pendingReactions()).toEqual([]);
  expect(keptReactions().map(({ reaction }) => reaction)).toContain(derived);
  settle();
  await derived;
});

test('nobody waits for what was made of a promise only to lose a race', async () => {
  const restore = joinPromises({ joining: (_name, _elements, run) => run(null) });
  await start(50);
  const { promise: never } = settledLater();
  const { promise, settle } = settledLater();
  const limit = never.then((value) => value).finally(() => undefined);
  const race = Promise.race([promise, limit]);
  expect(pendingReactions()).not.toEqual([]);
  settle();
  await race;
  expect(pendingReactions()).toEqual([]);
  void limit.then((value) => value);
  expect(pendingReactions()).not.toEqual([]);
  restore();
});

test('nobody waits for what has lost a race', async () => {
  const restore = joinPromises({ joining: (_name, _elements, run) => run(null) });
  await start(50);
  const { promise: never } = settledLater();
  const { promise, settle } = settledLater();
  const joined = [Promise.race([promise, never]), Promise.any([promise, never])];
  expect(pendingReactions()).not.toEqual([]);
  settle();
  await Promise.all(joined);
  expect(pendingReactions()).toEqual([]);
  const all = Promise.all([Promise.resolve(), never]);
  await turn();
  expect(pendingReactions()).not.toEqual([]);
  restore();
  void all;
});

test('one that waits is still known when many others have waited after it', async () => {
  await start(3 * MANY);
  const { promise, settle } = settledLater();
  const derived = promise.then((value) => value);
  for (let turns = 0; turns < MANY; turns++) await turn();
  expect(pendingReactions()).not.toEqual([]);
  settle();
  await derived;
  expect(pendingReactions()).toEqual([]);
});

test('nor do many that wait for ever drive it out', async () => {
  await start(3 * MANY);
  const { promise, settle } = settledLater();
  const derived = promise.then((value) => value);
  const { promise: never } = settledLater();
  for (let turns = 0; turns < MANY; turns++) void never.then((value) => value);
  expect(keptReactions().map(({ reaction }) => reaction)).toContain(derived);
  settle();
  await derived;
  expect(keptReactions().map(({ reaction }) => reaction)).not.toContain(derived);
});

test('no more are kept than there may be before the next refill', async () => {
  await start(MANY);
  for (let turns = 0; turns < MANY; turns++) await turn();
  const { promise } = settledLater();
  void promise.then((value) => value);
  expect(pendingReactions()).toEqual([]);
  refillKept(1);
  void promise.then((value) => value);
  expect(pendingReactions()).not.toEqual([]);
});

function settledLater(): { readonly promise: Promise<void>; readonly settle: () => void } {
  let settle = (): void => undefined;
  const promise = new Promise<void>((resolve) => {
    settle = resolve;
  });
  return { promise, settle };
}
