import { beforeEach, expect, test } from 'vitest';
import type { EventContext } from '../../../src/core/event-context.ts';
import { LOCK } from '../../../src/core/how.ts';
import { Nests } from '../../../src/core/nest.ts';
import { PassingHolds } from '../../../src/core/passing-holds.ts';
import { Session } from '../../../src/core/session.ts';
import type { TrackedObject } from '../../../src/core/tracked-object.ts';

let session: Session;
let known: { reopened: number };
/** What an observer was told. */
let told: string[];

beforeEach(() => {
  session = new Session();
  known = { reopened: 0 };
  told = [];
  const nests = new Nests();
  session.addObserver({
    skipsTaken: true,
    onTaken(held) {
      held.nest = nests.of(held);
      told.push(`taken ${held.object.label}`);
    },
    onExit(_context, held) {
      // All there is to learn of it.
      if (held.nest !== null) held.nest.knownAt = known.reopened;
      told.push(`exit ${held.object.label}`);
    },
    onWait: (_context, wait) => void told.push(`wait ${wait.object.label}`),
  });
  session.passing = new PassingHolds(session.histories, nests, known);
});

function lock(name: string): TrackedObject {
  return session.object({ kind: 'mutex', name, label: name });
}

/** Often enough for the stacks of its class to be spent. */
function pass(...objects: TrackedObject[]): void {
  for (let i = 0; i < 2 * session.limits.maxStacksPerClass + 2; i++) {
    const held = objects.map((object) => session.taken(object, LOCK));
    for (const each of held.reverse()) session.exit(each);
  }
  told = [];
}

test('a hold that has passed before takes no tick, and is on its object all the same', () => {
  const a = lock('a');
  pass(a);
  const { now } = session;
  const held = session.taken(a, LOCK);
  expect([a.isHeld, a.onlyHolder, held.open, held.passes]).toEqual([true, held, true, true]);
  session.exit(held);
  expect([a.isHeld, held.open, session.now, told]).toEqual([false, false, now, []]);
});

test('one that is ended twice ends once', () => {
  const [a, b] = [lock('a'), lock('b')];
  pass(a);
  const first = session.taken(a, LOCK);
  session.exit(first);
  session.exit(first);
  const second = session.taken(b, LOCK);
  session.exit(first);
  expect([a.isHeld, b.isHeld]).toEqual([false, true]);
  session.exit(second);
  expect(b.isHeld).toBe(false);
});

test('when something happens under it, it begins before that, and what it lies in before it', () => {
  const [a, b, c] = [lock('a'), lock('b'), lock('c')];
  pass(a, b);
  const outer = session.taken(a, LOCK);
  const inner = session.taken(b, LOCK);
  expect(told).toEqual([]);
  const wait = session.wait(c, LOCK);
  expect(told).toEqual(['taken a', 'taken b', 'wait c']);
  expect(outer.begin < inner.begin && inner.begin < wait.begin).toBe(true);
  expect([outer.passes, inner.passes, session.histories.active]).toEqual([false, false, true]);
  session.waited(wait);
  session.exit(inner);
  session.exit(outer);
  expect(told.slice(3)).toEqual(['exit b', 'exit a']);
  expect([a.isHeld, b.isHeld, session.histories.active]).toEqual([false, false, false]);
});

test('what was recorded is no record of the next one', () => {
  const a = lock('a');
  pass(a);
  const recorded = session.taken(a, LOCK);
  session.request(lock('b'));
  const { begin } = recorded;
  session.exit(recorded);
  session.event(lock('b'), LOCK);
  pass(a);
  session.exit(session.taken(a, LOCK));
  expect([recorded.begin, recorded.object]).toEqual([begin, a]);
});

test('another lock of the class passes as itself', () => {
  const [one, other] = [lock('a'), lock('a')];
  pass(one);
  const held = session.taken(other, LOCK);
  expect([held.passes, held.object, one.isHeld, other.isHeld]).toEqual([true, other, false, true]);
  session.exit(held);
  expect(other.isHeld).toBe(false);
});

test('those that end in another order are recorded', () => {
  const [a, b] = [lock('a'), lock('b')];
  pass(a, b);
  const outer = session.taken(a, LOCK);
  const inner = session.taken(b, LOCK);
  session.exit(outer);
  expect(told).toEqual(['taken a', 'taken b', 'exit a']);
  session.exit(inner);
  expect(told.slice(3)).toEqual(['exit b']);
});

test('once there is something to learn again, the end of an inner one is recorded', () => {
  const [a, b] = [lock('a'), lock('b')];
  pass(a, b);
  const both = [session.taken(a, LOCK), session.taken(b, LOCK)] as readonly [EventContext, EventContext];
  known.reopened++;
  session.exit(both[1]);
  expect(told).toEqual(['taken a', 'taken b', 'exit b']);
  session.exit(both[0]);
});

test('what is destroyed, or needs a stack, does not pass', () => {
  const a = lock('a');
  pass(a);
  a.key.captures = 1;
  session.exit(session.taken(a, LOCK));
  expect(a.key.captures).toBe(0);
  const misuses: string[] = [];
  session.addObserver({ onMisuse: (_context, { kind }) => void misuses.push(kind) });
  session.destroy(a);
  session.exit(session.taken(a, LOCK));
  expect(misuses).toEqual(['use-after-destroy']);
});

test('nothing passes an observer who hears everything', () => {
  const a = lock('a');
  pass(a);
  const held = session.taken(a, LOCK);
  const heard: string[] = [];
  session.addObserver({
    onEnter: (_context, { object }) => void heard.push(`enter ${object.label}`),
    onExit: (_context, { object }) => void heard.push(`exit ${object.label}`),
  });
  expect(told).toEqual(['taken a']);
  session.exit(held);
  session.exit(session.taken(a, LOCK));
  expect(heard).toEqual(['exit a', 'enter a', 'exit a']);
});
