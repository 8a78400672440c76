import { AsyncResource } from 'node:async_hooks';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HAS_CHEAP_STORAGE, LightAttribution } from '../../instrument/attribution/light.ts';
import type { EventContext } from '../../src/core/event-context.ts';
import { defineHow, LOCK } from '../../src/core/how.ts';
import { Session } from '../../src/core/session.ts';
import { attachSession, detachSession } from '../../src/sync/hooks.ts';
import { DeptTracker } from '../../src/tracker/dept.ts';

const SHARED = defineHow({ mode: 'read' });

/** How often a dependency is to be met until it settles, and some more. */
const TIMES = 70;

/** Knows nothing, and is asked each time. */
const FORGETFUL = { knows: () => false, reopened: Number.NaN };

/**
 * Locks that are taken where they are free and given back where they are held. Two share a class, one has readers. One is
 * never free: it is waited for, and given back at once.
 */
const WAITS = 5;
const part = fc.array(fc.nat(WAITS), { minLength: 4, maxLength: 8 });
const parts = fc.array(part, { minLength: 2, maxLength: 4 });

type Part = readonly number[];

/**
 * What `light` learns of a program each part of which is done many times. @param remembers whether it is told what is known, and
 * lets holds pass without a record
 */
function learntOf(program: readonly Part[], remembers: boolean): string[] {
  const session = new Session();
  const tracker = new DeptTracker(session);
  session.addObserver(tracker);
  attachSession(session, (fault) => {
    throw fault;
  });
  const light = new LightAttribution(session, remembers ? tracker : FORGETFUL);
  light.install();
  if (!remembers) session.passing = null;
  const locks = ['A', 'B', 'C', 'C', 'D'].map((name, lock) =>
    session.object({ kind: name === 'D' ? 'rwlock' : 'mutex', name, label: `${name}${lock}` }),
  );
  const busy = session.object({ kind: 'mutex', name: 'E' });
  const scope = new AsyncResource('program');
  try {
    scope.runInAsyncScope(() => {
      for (const each of program.flatMap((one) => Array.from({ length: TIMES }, () => one))) {
        const held = new Map<number, EventContext>();
        for (const lock of each) {
          if (lock === WAITS) {
            session.exit(session.granted(session.wait(busy, LOCK)));
            continue;
          }
          const object = locks[lock] as (typeof locks)[number];
          const own = held.get(lock);
          held.delete(lock);
          if (own !== undefined) session.exit(own);
          else held.set(lock, session.taken(object, held.size % 2 === 1 ? SHARED : LOCK));
        }
        for (const own of [...held.values()].reverse()) session.exit(own);
      }
    });
  } finally {
    light.uninstall();
    detachSession(session);
  }
  return [...tracker.store].map(({ from, to }) => `${from.key.name}:${from.sub} ${to.key.name}:${to.sub}`).sort();
}

test.runIf(HAS_CHEAP_STORAGE)('what is remembered of nests takes nothing from what light learns', () => {
  fc.assert(
    fc.property(parts, (program) => {
      expect(learntOf(program, true)).toEqual(learntOf(program, false));
    }),
    { numRuns: 500, seed: 20261129 },
  );
});
