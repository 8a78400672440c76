import { DeptError } from '../../src/core/dept-error.ts';
import type { EventContext } from '../../src/core/event-context.ts';
import {
  DOWNGRADE,
  LOCK,
  READ_LOCK,
  READ_LOCK_RECURSIVE,
  READ_TRYLOCK,
  TRYLOCK,
  WRITE_LOCK,
  WRITE_TRYLOCK,
} from '../../src/core/how.ts';
import {
  AMOUNT,
  ANYTHING,
  checkOptions,
  FLAG,
  MILLISECONDS,
  type OptionKinds,
  optionKinds,
} from '../../src/core/options.ts';
import type { How, HowMuch } from '../../src/core/vocabulary.ts';
import type { Wait } from '../../src/core/wait.ts';
import * as hooks from '../../src/sync/hooks.ts';
import { AnnotationMap, type MapOptions } from './annotation-map.ts';

export interface LockOptions {
  /** Taken without waiting. */
  readonly trylock?: boolean;
  /** Declared depth of a nesting within one class (`mutex_lock_nested`). */
  readonly nest?: number;
  /** The outer lock that makes any order inside it safe (`mutex_lock_nest_lock`). */
  readonly under?: object;
  readonly timeoutMs?: number;
}

export interface ReadLockOptions extends LockOptions {
  /** The reader waits behind a queued writer; true if not given. A recursive reader says false. */
  readonly queued?: boolean;
}

/**
 * Lock dependencies: annotations for a lock of your own (include/linux/dept_ldt.h). `lock` and its kin stand where the
 * lock is taken; `acquire` goes around code that may really block.
 */
export interface Ldt {
  /** `ldt_init`: the handle of one lock. */
  map(name: string, options?: MapOptions): AnnotationMap;
  /** `ldt_lock`: exclusive. */
  lock(map: AnnotationMap, options?: LockOptions): void;
  /** `ldt_wlock`: the writer's side of a lock with readers. */
  wlock(map: AnnotationMap, options?: LockOptions): void;
  /** `ldt_rlock`: a reader. */
  rlock(map: AnnotationMap, options?: ReadLockOptions): void;
  /** `ldt_unlock`: of whichever kind was taken last. @throws DeptError ERR_DEPT_BAD_UNLOCK when it is not held */
  unlock(map: AnnotationMap): void;
  /** `ldt_downgrade`: the writer goes on as a reader. @throws DeptError ERR_DEPT_BAD_UNLOCK when it is not held */
  downgrade(map: AnnotationMap): void;
  /** `ldt_set_class`: what is held belongs to another class from here on. Returns the map to unlock. */
  setClass(map: AnnotationMap, name: string, options?: MapOptions): AnnotationMap;
  /** Goes around the code that takes the lock and may block: the hold begins when its promise settles. */
  acquire<T>(map: AnnotationMap, take: () => PromiseLike<T>, options?: Omit<LockOptions, 'trylock'>): Promise<T>;
}

const NONE: ReadLockOptions = Object.freeze({});
const NESTING = { nest: AMOUNT, under: ANYTHING, timeoutMs: MILLISECONDS };
/** Who goes around what blocks does not only try. */
const ACQUIRE_OPTIONS = optionKinds(NESTING);
const OPTIONS = optionKinds({ ...NESTING, trylock: FLAG });
const READ_OPTIONS = optionKinds({ ...NESTING, trylock: FLAG, queued: FLAG });

export const ldt: Ldt = Object.freeze({
  map: (name: string, options?: MapOptions) => new AnnotationMap('rwlock', name, options),
  lock: (map: AnnotationMap, options: LockOptions = NONE) =>
    take('ldt.lock()', map, options.trylock === true ? TRYLOCK : LOCK, options),
  wlock: (map: AnnotationMap, options: LockOptions = NONE) =>
    take('ldt.wlock()', map, options.trylock === true ? WRITE_TRYLOCK : WRITE_LOCK, options),
  rlock: (map: AnnotationMap, options: ReadLockOptions = NONE) =>
    take('ldt.rlock()', map, readHow(options), options, READ_OPTIONS),
  unlock: (map: AnnotationMap) => {
    const held = heldOf(map, 'unlock');
    hooks.exit(held);
  },
  downgrade: (map: AnnotationMap) => {
    hooks.modify(heldOf(map, 'downgrade'), DOWNGRADE);
  },
  setClass,
  acquire,
});

function readHow(options: ReadLockOptions): How {
  if (options.trylock === true) return READ_TRYLOCK;
  return options.queued === false ? READ_LOCK_RECURSIVE : READ_LOCK;
}

function take(call: string, map: AnnotationMap, how: How, options: LockOptions, kinds: OptionKinds = OPTIONS): void {
  const object = AnnotationMap.objectOf(map, call);
  if (options !== NONE) checkOptions(`${call} of ${map.name}`, options, kinds);
  const more = moreOf(options);
  if (how.trylock) {
    hooks.enter(object, how, more);
    return;
  }
  const begun = hooks.wait(object, how, more);
  hooks.granted(begun);
  hooks.adopt(begun);
}

function moreOf(options: LockOptions): HowMuch | null {
  const { nest, under, timeoutMs } = options;
  if (nest === undefined && under === undefined && timeoutMs === undefined) return null;
  return {
    ...(nest === undefined ? {} : { nest }),
    ...(under === undefined ? {} : { group: under }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
}

function heldOf(map: AnnotationMap, what: string): EventContext | null {
  const object = AnnotationMap.objectOf(map, `ldt.${what}()`);
  const session = hooks.activeSession();
  if (object === null || session === null) return null;
  const held = session.heldBy(object) ?? session.holders(object)[0] ?? null;
  if (held !== null) return held;
  const message = `${what} of ${map.name}, which nobody holds`;
  hooks.misuse('bad-unlock', object, message);
  throw new DeptError(
    'ERR_DEPT_BAD_UNLOCK',
    `${message}. Either it was released twice or the lock was never annotated.`,
  );
}

function setClass(map: AnnotationMap, name: string, options?: MapOptions): AnnotationMap {
  const held = heldOf(map, 'setClass');
  const renamed = new AnnotationMap(map.kind, name, options);
  if (held === null) return renamed;
  hooks.exit(held);
  hooks.enter(renamed.object, { ...held.how, startLabel: 'lock_set_class', eventLabel: '(any)unlock' });
  return renamed;
}

async function granted<T>(taken: PromiseLike<T>, begun: Wait | null): Promise<T> {
  try {
    const value = await taken;
    hooks.granted(begun);
    return value;
  } catch (reason) {
    hooks.waited(begun, 'cancelled');
    throw reason;
  }
}

function acquire<T>(
  map: AnnotationMap,
  take: () => PromiseLike<T>,
  options: Omit<LockOptions, 'trylock'> = NONE,
): Promise<T> {
  const object = AnnotationMap.objectOf(map, 'ldt.acquire()');
  if (options !== NONE) checkOptions(`ldt.acquire() of ${map.name}`, options, ACQUIRE_OPTIONS);
  const begun = hooks.wait(object, LOCK, moreOf(options));
  const taken = take();
  hooks.blocked(begun);
  return hooks.bind(granted(taken, begun), begun);
}
