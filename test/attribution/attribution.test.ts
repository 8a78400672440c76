import { MessageChannel } from 'node:worker_threads';
import { afterEach, expect, test, vi } from 'vitest';
import type { AttributionMode } from '../../instrument/attribution/attribution-mode.ts';
import type { Pauses } from '../../instrument/attribution/hook-switch.ts';
import { HAS_CHEAP_STORAGE, LightAttribution } from '../../instrument/attribution/light.ts';
import { PromiseHookAttribution } from '../../instrument/attribution/promise-hooks.ts';
import { keepNextTick } from '../../instrument/testing/safe-timers.ts';
import { Session } from '../../src/core/session.ts';
import { attachSession, detachSession } from '../../src/sync/hooks.ts';
import { Mutex } from '../../src/sync/user/mutex.ts';
import { DeptTracker } from '../../src/tracker/dept.ts';
import { adversarial } from './adversarial.mjs';
import { blind } from './blind/index.mjs';
import { type Program, type ProgramEnvironment, type ProgramMutex, programs } from './programs.mjs';

let session: Session;
let tracker: DeptTracker;
let attribution: { uninstall(): void };
let fault: unknown;

function start(mode: AttributionMode, pauses?: Pauses): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
  session = new Session();
  tracker = new DeptTracker(session);
  session.addObserver(tracker);
  fault = null;
  attachSession(session, (error) => {
    fault = error;
  });
  const hooks = new PromiseHookAttribution(session, mode, pauses);
  attribution = hooks;
  hooks.install();
  keepNextTick();
}

function startLight(): void {
  session = new Session();
  tracker = new DeptTracker(session);
  session.addObserver(tracker);
  fault = null;
  attachSession(session, (error) => {
    fault = error;
  });
  const light = new LightAttribution(session);
  attribution = light;
  light.install();
}

/** Fake timers lose what a storage holds. */
async function playInRealTime(program: Program): Promise<string[]> {
  await program.run(environment());
  expect(fault).toBeNull();
  return learnt();
}

afterEach(() => {
  attribution.uninstall();
  keepNextTick();
  detachSession();
  vi.useRealTimers();
});

function programMutex(name: string): ProgramMutex {
  const mutex = new Mutex({ name });
  return {
    name,
    acquire: async () => {
      const guard = await mutex.lock();
      return () => guard.release();
    },
    tryAcquire: () => {
      const guard = mutex.tryLock();
      return guard === null ? null : () => guard.release();
    },
    runExclusive: (fn) => mutex.runExclusive(fn),
  };
}

function environment(): ProgramEnvironment {
  const [A, B, C, D] = ['A', 'B', 'C', 'D'].map(programMutex) as [
    ProgramMutex,
    ProgramMutex,
    ProgramMutex,
    ProgramMutex,
  ];
  return { A, B, C, D, mk: programMutex };
}

function learnt(): string[] {
  return [...tracker.store].map(({ from, to }) => `${from.key.name}->${to.key.name}`).sort();
}

async function play(program: Program): Promise<string[]> {
  let done = false;
  const run = Promise.resolve(program.run(environment())).finally(() => {
    done = true;
  });
  while (!done) await vi.advanceTimersByTimeAsync(1);
  await run;
  expect(fault).toBeNull();
  const optional = new Set(program.optional);
  return learnt().filter((edge) => !optional.has(edge));
}

const all = [...programs, ...adversarial, ...blind];
const named = all.map((program) => [program.name, program] as const);

test.each(named)('precise: %s', async (_name, program) => {
  start('precise');
  expect(await play(program)).toEqual([...program.expect].sort());
});

test.each(named)('dynamic, nothing invented: %s', async (_name, program) => {
  start('dynamic');
  const invented = (await play(program)).filter((edge) => !program.expect.includes(edge));
  expect(invented).toEqual([]);
});

test.each(named)('dynamic, nothing invented wherever it pauses and goes on: %s', async (_name, program) => {
  for (const [afterUses, forUses] of [1, 2, 3, 5].flatMap((after) => [1, 2, 4].map((length) => [after, length]))) {
    start('dynamic', { afterUses, forUses } as Pauses);
    try {
      const invented = (await play(program)).filter((edge) => !program.expect.includes(edge));
      expect(invented, `pauses after ${afterUses} for ${forUses}`).toEqual([]);
    } finally {
      attribution.uninstall();
      detachSession();
    }
  }
});

test('dynamic pauses when nothing was learnt for long, until something new is met', async () => {
  start('dynamic', { afterUses: 100, forUses: 1_000 });
  const { A, B } = environment();
  const inOrder = async (first: ProgramMutex, second: ProgramMutex): Promise<void> => {
    const releaseFirst = await first.acquire();
    const releaseSecond = await second.acquire();
    releaseSecond();
    releaseFirst();
  };
  const isFollowing = (): boolean => session.attribution.followsSince !== null;
  for (let i = 0; i < 40; i++) await inOrder(A, B);
  expect(isFollowing()).toBe(true);
  for (let i = 0; i < 40; i++) await inOrder(A, B);
  expect(isFollowing()).toBe(false);
  await inOrder(programMutex('E'), A);
  expect(isFollowing()).toBe(true);
  expect(learnt()).toEqual(['A->B', 'E->A']);
});

test('light: much is missed, nothing is invented', async () => {
  let found = 0;
  for (const program of all) {
    startLight();
    try {
      const edges = await playInRealTime(program);
      expect(
        edges.filter((edge) => ![...program.expect, ...program.optional].includes(edge)),
        program.name,
      ).toEqual([]);
      found += edges.length;
    } finally {
      attribution.uninstall();
      detachSession();
    }
  }
  expect(found).toBeGreaterThanOrEqual(HAS_CHEAP_STORAGE ? 10 : 0);
});

test.each(['precise', 'dynamic'] as const)('%s: nothing is left behind when every lock is released', async (mode) => {
  start(mode);
  const { A, B } = environment();
  for (let i = 0; i < 1000; i++) {
    const a = await A.acquire();
    const b = await B.acquire();
    b();
    a();
  }
  expect(session.histories.active).toBe(false);
  expect(learnt()).toEqual(['A->B']);
});

test('what a callback takes without waiting is not held by the next callback', async () => {
  start('precise');
  const mutex = new Mutex({ name: 'A' });
  const held: number[] = [];
  // Messages come from the event loop with no history and no promise in between, as data of a socket does.
  const { port1, port2 } = new MessageChannel();
  await new Promise<void>((resolve) => {
    port1.on('message', (number: number) => {
      if (number === 1) mutex.tryLock();
      let count = 0;
      session.current.forEachHeld(() => count++);
      held.push(count);
      if (number === 2) resolve();
    });
    port2.postMessage(1);
    port2.postMessage(2);
  });
  port1.close();
  expect(held).toEqual([1, 0]);
});
