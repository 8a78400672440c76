import assert from 'node:assert/strict';
import type { Finding } from '../../src/core/finding.ts';
import { Session } from '../../src/core/session.ts';
import type { Misuse } from '../../src/core/vocabulary.ts';
import { attachSession, detachSession } from '../../src/sync/hooks.ts';
import { type RunResult, World, type WorldOptions } from '../../src/sync/world.ts';
import { type DeptOptions, DeptTracker } from '../../src/tracker/dept.ts';

export interface StageOptions extends WorldOptions {
  /** Rules of the tracker that watches; dept's own if not given. */
  readonly dept?: DeptOptions;
  /** Threads may hang at the end; without it that fails. */
  readonly mayHang?: boolean;
  /** What a thread throws is kept in `thrown`; without it `inKernel` throws it. */
  readonly mayCrash?: boolean;
}

/** What a run showed. */
export interface KernelRun {
  readonly run: RunResult;
  readonly misuses: readonly Misuse[];
  /** What DEPT found, misuses left out. */
  readonly findings: readonly Finding[];
  readonly thrown: readonly unknown[];
  /** Names of the threads that hang. */
  readonly stuck: readonly string[];
  /** Messages of one kind of misuse. */
  readonly messages: (kind: string) => string[];
  /** Class names of each circle DEPT found, sorted, as in `fs_reclaim fence`. */
  readonly circles: () => string[];
}

/**
 * Runs `body` as the thread `test` of a world of its own, watched by DEPT. HZ is 250 as in the kernel's cases. `body` may
 * start further threads; the run goes on until none can.
 */
export async function inKernel(
  body: (world: World) => Promise<void> | void,
  options: StageOptions = {},
): Promise<KernelRun> {
  const session = new Session();
  const findings: Finding[] = [];
  const misuses: Misuse[] = [];
  session.addObserver(new DeptTracker(session, { ...options.dept, onFinding: (finding) => findings.push(finding) }));
  session.addObserver({ onMisuse: (_context, misuse) => misuses.push(misuse) });
  let fault: unknown = null;
  attachSession(session, (error) => {
    fault = error;
  });
  const world = new World({ hz: 250, ...options });
  world.task('test', () => body(world));
  const { run, thrown } = await finish(world, options).finally(detachSession);
  if (fault !== null) throw fault;
  const stuck = run.stuck.map(({ task, waitingFor }) => `${task.name}: ${waitingFor}`);
  if (options.mayHang !== true && thrown.length === 0) assert.deepEqual(stuck, [], 'threads hang');
  return {
    run,
    misuses,
    findings: findings.filter(({ kind }) => kind !== 'misuse'),
    thrown,
    stuck: run.stuck.map(({ task }) => task.name),
    messages: (kind) => misuses.filter((misuse) => misuse.kind === kind).map(({ message }) => message),
    circles: () => findings.filter(({ kind }) => kind === 'circular').map(circleClasses),
  };
}

/** Runs `body` where nothing may be found and nothing misused. */
export async function quietly(body: (world: World) => Promise<void> | void, options: StageOptions = {}): Promise<void> {
  const { misuses, circles } = await inKernel(body, options);
  assert.deepEqual(
    misuses.map(({ message }) => message),
    [],
  );
  assert.deepEqual(circles(), []);
}

async function finish(world: World, options: StageOptions): Promise<{ run: RunResult; thrown: readonly unknown[] }> {
  const thrown: unknown[] = [];
  for (;;) {
    try {
      return { run: await world.run(), thrown };
    } catch (error) {
      if (options.mayCrash !== true) throw error;
      thrown.push(...(error instanceof AggregateError ? error.errors : [error]));
    }
  }
}

function circleClasses({ circle }: Finding): string {
  return circle
    .map(({ from }) => from.key.name)
    .sort()
    .join(' ');
}
