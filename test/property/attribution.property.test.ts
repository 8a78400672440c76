import { AsyncResource } from 'node:async_hooks';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { AttributionMode } from '../../instrument/attribution/attribution-mode.ts';
import type { Pauses } from '../../instrument/attribution/hook-switch.ts';
import { HAS_CHEAP_STORAGE, LightAttribution } from '../../instrument/attribution/light.ts';
import { PromiseHookAttribution } from '../../instrument/attribution/promise-hooks.ts';
import { Session } from '../../src/core/session.ts';
import { attachSession, detachSession } from '../../src/sync/hooks.ts';
import { DeptTracker } from '../../src/tracker/dept.ts';
import { type Program, type Statement, ToldProgram } from './told-program.ts';

const n = fc.nat(14);
const simple = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('lock' as const), n }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('unlock' as const), n }) },
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constantFrom('try', 'sleep', 'tick', 'resolve', 'await', 'give', 'take'),
      n,
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'fail' as const }) },
);

/** Programs of a few statements, some of which run others: one after the other, side by side, later, or shared. */
const { program } = fc.letrec<{ program: Program; statement: Statement }>((tie) => ({
  program: fc.array(tie('statement'), { maxLength: 12, size: 'max', depthIdentifier: 'program' }),
  statement: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true, depthIdentifier: 'program' },
    { weight: 4, arbitrary: simple as fc.Arbitrary<Statement> },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constantFrom('call', 'hand-on', 'spawn', 'later', 'soon'),
        body: tie('program'),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('shared' as const), n, body: tie('program') }) },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constantFrom('all', 'settled', 'race', 'any', 'each'),
        bodies: fc.array(tie('program'), { minLength: 1, maxLength: 3 }),
      }),
    },
  ),
}));

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

interface Seen {
  readonly learnt: readonly string[];
  readonly expected: readonly string[];
}

async function play(body: Program, mode: AttributionMode, pauses?: Pauses): Promise<Seen> {
  const session = new Session();
  const tracker = new DeptTracker(session);
  session.addObserver(tracker);
  let fault: unknown = null;
  attachSession(session, (error) => {
    fault = error;
  });
  const attribution =
    mode === 'light' ? new LightAttribution(session) : new PromiseHookAttribution(session, mode, pauses);
  attribution.install();
  const told = new ToldProgram(mode === 'light');
  try {
    told.start(body);
    await vi.advanceTimersByTimeAsync(40);
    told.finish();
    await vi.advanceTimersByTimeAsync(40);
    expect(fault).toBeNull();
    const learnt = [...tracker.store].map(({ from, to }) => `${from.key.name}->${to.key.name}`);
    return { learnt: learnt.filter((edge) => edge[0] !== edge.at(-1)).sort(), expected: [...told.expected].sort() };
  } finally {
    attribution.uninstall();
    detachSession(session);
  }
}

test('precise: what every release had to wait for, nothing else', async () => {
  let edges = 0;
  await fc.assert(
    fc.asyncProperty(program, async (body) => {
      const { learnt, expected } = await play(body, 'precise');
      edges += expected.length;
      expect(learnt).toEqual(expected);
    }),
    { seed: 0xa11, numRuns: 500 },
  );
  expect(edges).toBeGreaterThan(300);
});

const pauses = fc.record({ afterUses: fc.integer({ min: 1, max: 8 }), forUses: fc.integer({ min: 1, max: 8 }) });

test('dynamic: nothing that no release had to wait for, wherever it pauses', async () => {
  await fc.assert(
    fc.asyncProperty(program, pauses, async (body, when) => {
      const { learnt, expected } = await play(body, 'dynamic', when);
      expect(learnt.filter((edge) => !expected.includes(edge))).toEqual([]);
    }),
    { seed: 0xd1, numRuns: 500 },
  );
});

/** Fake timers run a callback as whoever moves the time; Node runs it as whoever has set the timer. */
function bindTimers(): void {
  const { setTimeout: fake } = globalThis;
  vi.stubGlobal('setTimeout', (callback: () => void, ms: number) => fake(AsyncResource.bind(callback), ms));
}

test('light: nothing that no release had to wait for, or would have if its code had taken what it gives back', async () => {
  bindTimers();
  let edges = 0;
  await fc.assert(
    fc.asyncProperty(program, async (body) => {
      const { learnt, expected } = await play(body, 'light');
      edges += learnt.length;
      expect(learnt.filter((edge) => !expected.includes(edge))).toEqual([]);
    }),
    { seed: 0x119, numRuns: 500 },
  );
  if (HAS_CHEAP_STORAGE) expect(edges).toBeGreaterThan(100);
});
