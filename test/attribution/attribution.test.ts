import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { PromiseHookAttribution } from '../../instrument/attribution/promise-hooks.ts';
import { Session } from '../../src/core/session.ts';
import { attachSession, detachSession } from '../../src/sync/hooks.ts';
import { Mutex } from '../../src/sync/user/mutex.ts';
import { DeptTracker } from '../../src/tracker/dept.ts';
import { type ProgramEnvironment, type ProgramMutex, programs } from './programs.mjs';

let session: Session;
let tracker: DeptTracker;
let attribution: PromiseHookAttribution;
let fault: unknown;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
  session = new Session();
  tracker = new DeptTracker(session);
  session.addObserver(tracker);
  fault = null;
  attachSession(session, (error) => {
    fault = error;
  });
  attribution = new PromiseHookAttribution(session);
  attribution.install();
});

afterEach(() => {
  attribution.uninstall();
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

describe('dependencies of programs whose truth is known', () => {
  test.each(programs.map((program) => [program.name, program] as const))('%s', async (_name, program) => {
    let done = false;
    const run = Promise.resolve(program.run(environment())).finally(() => {
      done = true;
    });
    while (!done) await vi.advanceTimersByTimeAsync(1);
    await run;
    expect(fault).toBeNull();
    const optional = new Set(program.optional);
    expect(learnt().filter((edge) => !optional.has(edge))).toEqual([...program.expect].sort());
  });
});

test('nothing is left behind when every lock is released', async () => {
  const { A, B } = environment();
  for (let i = 0; i < 1000; i++) {
    const a = await A.acquire();
    const b = await B.acquire();
    b();
    a();
  }
  expect(session.histories.active).toBe(false);
});
