import { expect, test } from 'vitest';
import { READ_LOCK, WRITE_LOCK } from '../../../src/core/how.ts';
import { Session } from '../../../src/core/session.ts';
import { Statistics } from '../../../src/tracker/statistics.ts';

/** A session with statistics and a clock that only the test moves. */
function counted(): { session: Session; statistics: Statistics; clock: { ms: number } } {
  const session = new Session();
  const clock = { ms: 0 };
  const statistics = new Statistics({ clock: () => clock.ms });
  session.addObserver(statistics);
  return { session, statistics, clock };
}

const NONE = { contended: 0, timedOut: 0, cancelled: 0, open: 0, totalTicks: 0, maxTicks: 0, totalMs: 0, maxMs: 0 };

test('a wait that did not block counts as one, and takes no time', () => {
  const { session, statistics, clock } = counted();
  const lock = session.object({ kind: 'mutex', name: 'stock', site: 'shop.ts:1:1' });
  const wait = session.wait(lock, WRITE_LOCK);
  clock.ms = 50;
  session.exit(session.granted(wait));
  expect(statistics.read()).toEqual([{ name: 'stock:0', kind: 'mutex', site: 'shop.ts:1:1', waits: 1, ...NONE }]);
});

test('blocked waits have their sum and their longest, in ticks and milliseconds', () => {
  const { session, statistics, clock } = counted();
  const lock = session.object({ kind: 'mutex', name: 'stock' });
  for (const ms of [30, 70, 20]) {
    const wait = session.wait(lock, WRITE_LOCK);
    session.blocked(wait);
    clock.ms += ms;
    session.exit(session.granted(wait));
  }
  expect(statistics.read()).toMatchObject([
    { waits: 3, contended: 3, totalMs: 120, maxMs: 70, totalTicks: 3, maxTicks: 1, open: 0 },
  ]);
});

test('waits that gave up and waits that are still open are told apart', () => {
  const { session, statistics, clock } = counted();
  const lock = session.object({ kind: 'mutex', name: 'stock' });
  const [late, gone] = [
    session.wait(lock, WRITE_LOCK),
    session.wait(lock, WRITE_LOCK),
    session.wait(lock, WRITE_LOCK),
  ].map((wait) => {
    session.blocked(wait);
    return wait;
  });
  clock.ms = 5;
  if (late !== undefined) session.waited(late, 'timed-out');
  if (gone !== undefined) session.waited(gone, 'cancelled');
  expect(statistics.read()).toMatchObject([
    { waits: 3, contended: 3, timedOut: 1, cancelled: 1, open: 1, totalMs: 10, maxMs: 5 },
  ]);
});

test('readers count for their own class, and no class of the session is made for it', () => {
  const { session, statistics } = counted();
  const lock = session.object({ kind: 'rwlock', name: 'table', subclass: 2 });
  session.wait(lock, READ_LOCK);
  session.wait(lock, WRITE_LOCK);
  expect(statistics.read().map(({ name, waits }) => [name, waits])).toEqual([
    ['table:10', 1],
    ['table:2', 1],
  ]);
  expect(session.classes.size).toBe(0);
});

test('without a clock only ticks are known', () => {
  const session = new Session();
  const statistics = new Statistics();
  session.addObserver(statistics);
  const wait = session.wait(session.object({ kind: 'mutex', name: 'stock' }), WRITE_LOCK);
  session.blocked(wait);
  session.waited(wait);
  expect(statistics.read()).toMatchObject([{ totalTicks: 1, maxTicks: 1, totalMs: null, maxMs: null }]);
});
