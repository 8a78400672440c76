import { expect, test } from 'vitest';
import { defineHow } from '../../../src/core/how.ts';
import type { ObjectId } from '../../../src/core/ids.ts';
import { Session } from '../../../src/core/session.ts';
import { Families } from '../../../src/tracker/families.ts';
import { FamilyOrder } from '../../../src/tracker/family-order.ts';
import { Forks } from '../../../src/tracker/forks.ts';
import { Namesakes } from '../../../src/tracker/namesakes.ts';
import { PoolShares } from '../../../src/tracker/pool-shares.ts';

const TAKE = defineHow({ startLabel: 'take', waitLabel: 'take', eventLabel: 'give' });
const MANY = 70_000;

const id = (number: number): ObjectId => number as ObjectId;

test('instances that are new when no pair has room any more get no number', () => {
  const session = new Session();
  let isFull = false;
  const order = new FamilyOrder(new Families(), null as never, null as never, () => isFull);
  const nodeOf = (): [number | null, () => number | null] => {
    const object = session.object({ kind: 'mutex', name: 'lock' });
    const node = (): number | null => order.node(object, session.classes.get(object.classOf(0)));
    return [node(), node];
  };
  const [known, again] = nodeOf();
  expect(known).toBe(0);
  isFull = true;
  expect(Array.from({ length: 10 }, () => nodeOf()[0])).toEqual(Array(10).fill(null));
  expect(again()).toBe(0);
});

test('what was done side by side under locks that are made anew each time is forgotten, the oldest first', () => {
  const session = new Session();
  const forks = new Forks();
  const objects = Array.from({ length: MANY }, () => session.object({ kind: 'mutex', name: 'lock' }));
  for (const object of objects) {
    const hold = session.enter(object, TAKE);
    forks.note(hold, 1, hold.begin, () => false);
    expect(forks.note(hold, 2, hold.begin, () => false)).toBe(true);
    session.exit(hold);
  }
  const isKnown = (object: (typeof objects)[number] | undefined): boolean =>
    forks.areTogether(object?.id ?? id(0), 1, 2);
  expect([objects[0], objects.at(-1)].map(isKnown)).toEqual([false, true]);
});

test('so are pools of which a holder did several things at once', () => {
  const pools = new PoolShares();
  const { key } = new Session().object({ kind: 'semaphore', name: 'pool', capacity: 2 });
  for (let pool = 0; pool < MANY; pool++) {
    expect(pools.split(key, id(pool))).toBe(true);
    expect(pools.split(key, id(pool))).toBe(false);
  }
  expect([0, MANY - 1].map((pool) => pools.isSplit(key, id(pool)))).toEqual([false, true]);
});

test('of contexts that are named after requests so many names are remembered', () => {
  const names = new Namesakes();
  for (let request = 0; request < MANY; request++) names.add(`request ${request}`);
  expect([names.add('late'), names.add('late')]).toEqual([1, 1]);
  expect(names.isAlone('late')).toBe(true);
  expect(names.add('request 0')).toBe(2);
  expect(names.isAlone('request 0')).toBe(false);
});
