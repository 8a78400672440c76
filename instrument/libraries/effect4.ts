import { placeOfCreation } from '../first-use.ts';
import { captureStack } from '../stacks/capture-stack.ts';
import type { Rebind } from './adapter.ts';
import {
  awaiting,
  EVALUATE,
  type FiberImpl,
  isKnownFiber4,
  type Primitive,
  patchFibers4,
  patchSleep,
  runningToEnd,
} from './effect4-fibers.ts';
import { type Effect4Semaphore, isKnownSemaphore4, watchSemaphore4 } from './effect4-semaphores.ts';

/** The operand of an effect: of `Effect.sync` the function that it calls. */
const OPERAND = '~effect/Effect/args';

type Make = (permits: number) => Effect4Semaphore;
type MakeLater = (permits: number) => { [OPERAND]?: () => Effect4Semaphore };
type Run = (...args: unknown[]) => unknown;
type Join = (fibers: unknown, ...rest: unknown[]) => Primitive;

/** Functions that make an effect which waits for fibers. */
const JOINS = ['fiberJoin', 'fiberAwait', 'fiberJoinAll', 'fiberAwaitAll'] as const;

/** Functions that run a fiber to its end, and those that make such functions. */
const RUNS = ['runSync', 'runSyncExit'] as const;
const RUN_MAKERS = ['runSyncWith', 'runSyncExitWith'] as const;

/** Exports of its modules that are replaced. */
export const REBINDS: readonly string[] = ['makeUnsafe', 'make', ...JOINS, ...RUNS, ...RUN_MAKERS];

interface Inner {
  readonly FiberImpl?: { readonly prototype?: FiberImpl };
  readonly callback?: (register: () => void) => Primitive;
}

/** What lets fibers sleep; both are known once the module of the fibers is. */
let fibers: FiberImpl | undefined;
let sleep: Primitive | undefined;

/** The module of the fibers comes first; without the one of the semaphores it is left alone but for its joins. */
export function patchInner4(exports: Inner, rebind: Rebind): (() => void) | null {
  const { FiberImpl, callback } = exports;
  fibers = FiberImpl?.prototype;
  sleep = undefined;
  if (!isKnownFiber4(fibers) || typeof callback !== 'function') return null;
  const made = callback(() => undefined);
  if (!Object.hasOwn(made, 'register')) return null;
  const prototype = Object.getPrototypeOf(made) as Primitive;
  if (typeof prototype[EVALUATE] !== 'function') return null;
  sleep = prototype;
  for (const name of JOINS) {
    rebind<Join>(name, (join) => (all, ...rest) => {
      const effect = join(all, ...rest);
      awaiting(effect, all);
      return effect;
    });
  }
  for (const name of RUNS) rebind<Run>(name, watchedRun);
  for (const name of RUN_MAKERS) {
    rebind<(context: unknown) => Run>(name, (make) => (context) => watchedRun(make(context)));
  }
  return () => undefined;
}

function watchedRun(run: Run): Run {
  return (...args) => runningToEnd(() => run(...args));
}

export function patchSemaphores4(exports: Readonly<Record<string, unknown>>, rebind: Rebind): (() => void) | null {
  const make = exports['makeUnsafe'] as Make | undefined;
  if (!isKnownFiber4(fibers) || sleep === undefined) return null;
  if (typeof make !== 'function' || !isKnownSemaphore4(make(1))) return null;
  rebind<Make>('makeUnsafe', watchedMaker);
  rebind<MakeLater>('make', watchedMakerOfEffects);
  const undo = [patchFibers4(fibers), patchSleep(sleep)];
  return () => {
    for (const restore of undo) restore();
  };
}

function watchedMaker(original: Make): Make {
  const make: Make = (permits) => {
    const made = original(permits);
    const place = isOfEffect(make) ? null : placeOfCreation('Semaphore');
    if (place !== null) watchSemaphore4(made, permits, place);
    return made;
  };
  return make;
}

function watchedMakerOfEffects(original: MakeLater): MakeLater {
  const make: MakeLater = (permits) => {
    const making = original(permits);
    const made = making[OPERAND];
    const place = isOfEffect(make) ? null : placeOfCreation('Semaphore');
    if (place === null || typeof made !== 'function') return making;
    making[OPERAND] = () => {
      const semaphore = made();
      watchSemaphore4(semaphore, permits, place);
      return semaphore;
    };
    return making;
  };
  return make;
}

/** True when effect itself makes one, for its pools and caches: it does so through the same function as programs. */
function isOfEffect(make: (...args: never[]) => unknown): boolean {
  const holder: { stack?: string } = {};
  captureStack(holder, make, 1);
  return /[\\/]effect[\\/]dist[\\/]/.test(holder.stack ?? '');
}
