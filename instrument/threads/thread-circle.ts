import { ClassRegistry, type EventClass } from '../../src/core/classes.ts';
import type { Dependency } from '../../src/core/dependency.ts';
import { type Finding, fingerprint } from '../../src/core/finding.ts';
import type { ContextId, Tick } from '../../src/core/ids.ts';
import { deadlockFinding, untrackedDependency } from '../../src/tracker/deadlock.ts';
import { MAIN_THREAD, type SharedWait, type ThreadStand, type Wanted } from './thread-stand.ts';

/** A wait, and the thread it is in. */
export interface Step {
  readonly thread: number;
  readonly wait: SharedWait;
}

/** Where in the program each kind of event would come from. */
const LABELS = Object.freeze({
  message: { start: 'run', event: 'postMessage' },
  lock: { start: 'request', event: 'settle' },
  memory: { start: 'run', event: 'Atomics.notify' },
} as const);

/**
 * Waits of at least two threads each of which waits for the next one, the last one for the first; null when there are none.
 * A wait for a message lasts as long as any of its sender's does, and one for shared memory as long as any other thread's: that is
 * so only of threads that do nothing else.
 */
export function circleOfThreads(stands: readonly ThreadStand[]): readonly Step[] | null {
  const steps = stands.flatMap(({ thread, waits }) => waits.map((wait) => ({ thread, wait })));
  for (const step of steps) {
    const circle = shortestCircle(step, steps);
    if (circle !== null && new Set(circle.map(({ thread }) => thread)).size > 1) return circle;
  }
  return null;
}

function shortestCircle(from: Step, steps: readonly Step[]): readonly Step[] | null {
  const cameFrom = new Map<Step, Step | null>([[from, null]]);
  for (const [step] of cameFrom) {
    for (const next of steps) {
      if (!isStoppedBy(step, next)) continue;
      if (next === from) return pathTo(step, cameFrom);
      if (!cameFrom.has(next)) cameFrom.set(next, step);
    }
  }
  return null;
}

function pathTo(last: Step, cameFrom: ReadonlyMap<Step, Step | null>): readonly Step[] {
  const path: Step[] = [];
  for (let step: Step | null = last; step !== null; step = cameFrom.get(step) ?? null) path.unshift(step);
  return path;
}

/** True while the first wait cannot end before the second one has. */
function isStoppedBy({ thread, wait: { wanted } }: Step, other: Step): boolean {
  if (wanted.kind === 'message') return other.thread === wanted.thread;
  if (wanted.kind === 'memory') return other.thread !== thread;
  return other.wait.keeps.some(({ name, isShared }) => name === wanted.name && !(isShared && wanted.isShared));
}

/** DEPT002 for threads that wait for each other. */
export function threadDeadlock(steps: readonly Step[], at: Tick): Finding {
  const classes = new ClassRegistry(steps.length, 0);
  const members = steps.map((step) => {
    const key = classes.key({ kind: step.wait.wanted.kind, name: nameOf(step.wait.wanted) });
    return { step, wanted: classes.get(classes.classOf(key, 0)) };
  });
  const circle = members
    .map(({ step, wanted }, index): Dependency => {
      const before = members.at(index - 1) as (typeof members)[number];
      return dependency(step, before.step.wait.wanted, before.wanted, wanted, at);
    })
    .reverse();
  return deadlockFinding({
    circle,
    fingerprint: fingerprint(['DEPT002', ...steps.map(placeOf).sort()].join('\u0000')),
    message: `${steps.map(sentence).join(', and ')}: none of them can go on.`,
    help: helpFor(steps),
    at,
  });
}

function dependency(step: Step, owed: Wanted, from: EventClass, to: EventClass, at: Tick): Dependency {
  const { wait, thread } = step;
  const { start, event } = LABELS[owed.kind];
  const kept = owed.kind === 'lock' ? wait.keeps.find(({ name }) => name === owed.name) : undefined;
  return untrackedDependency({
    from,
    to,
    context: { id: (thread + 1) as ContextId, name: whoIs(step), kind: 'async' },
    start: { label: start, class: from, stack: kept?.stack ?? null },
    wait: { label: wait.label, class: to, stack: wait.stack },
    event: { label: event, class: from, stack: null },
    at,
  });
}

function whoIs({ thread, wait: { contextName } }: Step): string {
  return contextName === 'main' ? threadName(thread) : `${contextName} (${threadName(thread)})`;
}

function threadName(thread: number): string {
  return thread === MAIN_THREAD ? 'main thread' : `worker ${thread}`;
}

function nameOf(wanted: Wanted): string {
  if (wanted.kind === 'message')
    return `message of ${wanted.thread === MAIN_THREAD ? 'the ' : ''}${threadName(wanted.thread)}`;
  return wanted.name;
}

function sentence(step: Step): string {
  const { wanted } = step.wait;
  const what = { message: '', lock: 'the lock ', memory: 'a notification of ' }[wanted.kind] + nameOf(wanted);
  return `${whoIs(step)} waits for ${wanted.kind === 'message' ? `a ${what}` : what}`;
}

/** The numbers of workers are left out: another run may give them others. */
function placeOf({ wait: { wanted, stack } }: Step): string {
  const of = wanted.kind === 'message' ? String(wanted.thread === MAIN_THREAD) : wanted.name;
  return `${wanted.kind}:${of}@${stack?.frames[0]?.file ?? ''}`;
}

function helpFor(steps: readonly Step[]): readonly string[] {
  const kinds = new Set(steps.map(({ wait }) => wait.wanted.kind));
  return [
    ...(kinds.has('lock') ? ['Do not wait for another thread while you hold a lock that it asks for.'] : []),
    ...(kinds.has('memory') ? ['A thread that blocks in Atomics.wait answers nobody: use Atomics.waitAsync.'] : []),
    'Send the other thread all it needs before you wait for its message.',
  ];
}
