import type { TrackedObject } from '../../src/core/tracked-object.ts';
import type { How, HowMuch } from '../../src/core/vocabulary.ts';
import * as hooks from '../../src/sync/hooks.ts';
import { patchClass, restoreAll } from '../patches/class-patch.ts';
import { dressed, standIn } from '../patches/stand-in.ts';
import { Claim } from '../shapes/claim.ts';
import { howOf } from '../shapes/how.ts';
import { KeyedObjects } from '../shapes/keyed-objects.ts';
import { releasing } from '../shapes/lent.ts';
import { UsedInstances } from '../shapes/used-instances.ts';
import type { Callable, LibraryAdapter } from './adapter.ts';

const LOCK = howOf('lock', 'release');
const WRITE = howOf('write', 'release');
/** By class: readers of the one pass the writers that wait, those of the other stand behind them. */
const READ = {
  RWLockReader: howOf('read', 'release', { mode: 'read', recursive: true, queued: false }),
  RWLockWriter: howOf('read', 'release', { mode: 'read' }),
} as const;

// The promise's own: the package's does more in its `then`.
const { then } = Promise.prototype;

type Lent = [release: Callable, what: unknown];
/** Begins to wait. */
type Acquire = (...resources: unknown[]) => Promise<Lent>;

/** What a call may be given last. The delay of a timer that runs already is not in its public types. */
interface Context {
  readonly timer?: number | { readonly _delay?: number };
}

interface Semaphore {
  readonly limit: number;
  lock(...params: (number | Context | undefined)[]): Acquire;
  insertQueue(task: { task: () => void }): unknown;
}

/** Made of two locks. */
interface ReadWriteLock {
  readonly readersLock: { readonly semaphore: Semaphore };
  readonly writersLock: { readonly semaphore: Semaphore };
  read(context?: Context): Acquire;
  write(context?: Context): Acquire;
}

type LockConstructor = new () => object;
type Request = readonly [key: string, make: LockConstructor, ...rest: unknown[]];

interface LockBox {
  lock(...requests: unknown[]): Acquire;
  lockMulti(...requests: unknown[]): unknown;
}

interface Monitor {
  readonly lockBox: LockBox;
  readonly locksPending?: unknown;
  lock(...requests: unknown[]): Acquire;
}

/**
 * Locks that are known by more than their first use: keys of a box, and those inside of another lock, which are none of their
 * own: null.
 */
const known = new WeakMap<object, TrackedObject | null>();
/** Boxes whose monitors look for deadlocks by themselves, and break them. */
const broken = new WeakSet<LockBox>();

/** @matrixai/async-locks 5. What else waits there waits in one of these; who waits for an unlock takes nothing. */
export const matrixaiAsyncLocks: LibraryAdapter = {
  name: '@matrixai/async-locks',
  versions: '>=5.0.0 <6.0.0',
  patch(exports) {
    // Each module of the package has one class, and is a way in.
    const { default: only } = exports;
    const made = (name: string): unknown => exports[name] ?? (typeof only === 'function' && only.name === name && only);
    return restoreAll([
      patchClass<Semaphore>(made('Semaphore'), 'lock', patchSemaphore, ['insertQueue']),
      ...(['RWLockReader', 'RWLockWriter'] as const).map((name) =>
        patchClass<ReadWriteLock>(made(name), 'read', (lock) => patchReadWriteLock(lock, name), ['write']),
      ),
      patchClass<LockBox>(made('LockBox'), 'lock', patchBox, ['lockMulti']),
      patchClass<Monitor>(made('Monitor'), 'lock', patchMonitor),
    ]);
  },
};

function patchSemaphore(prototype: Semaphore): () => void {
  const semaphores = new UsedInstances<Semaphore>({
    kindName: 'Semaphore',
    methods: ['lock', 'withF', 'withG'],
    capacity: ({ limit }) => limit ?? null,
  });
  /** The claim whose task is about to be queued. */
  let asking: Claim | null = null;
  const { lock, insertQueue } = prototype;
  prototype.lock = dressed(function watched(this: Semaphore, ...params: Parameters<Semaphore['lock']>): Acquire {
    const acquire = Reflect.apply(lock, this, params);
    if (known.get(this) === null) return handingOver(acquire);
    const object = known.get(this) ?? semaphores.of(this);
    const [permits = 1] = params.filter((param) => typeof param === 'number');
    const context = params.find((param) => typeof param === 'object');
    return watchedAcquire(acquire, object, LOCK, { permits, ...timeoutOf(context) }, (claim, run) => {
      const outer = asking;
      asking = claim;
      try {
        return run();
      } finally {
        asking = outer;
      }
    });
  }, lock);
  prototype.insertQueue = dressed(function watched(this: Semaphore, task: { task: () => void }): unknown {
    const claim = asking;
    if (claim !== null && typeof task?.task === 'function') {
      const begin = task.task;
      task.task = () => {
        claim.grant();
        begin();
      };
    }
    return insertQueue.call(this, task);
  }, insertQueue);
  return () => void Object.assign(prototype, { lock, insertQueue });
}

function patchReadWriteLock(prototype: ReadWriteLock, name: keyof typeof READ): () => void {
  const locks = new UsedInstances<ReadWriteLock>({
    kindName: name,
    methods: ['read', 'write', 'lock', 'withF', 'withReadF', 'withWriteF', 'withG', 'withReadG', 'withWriteG'],
    capacity: ({ readersLock, writersLock }) => (readersLock === undefined || writersLock === undefined ? null : 1),
    kind: 'async-rwlock',
  });
  const watching = (take: ReadWriteLock['read'], how: How): ReadWriteLock['read'] => {
    return dressed(function watched(this: ReadWriteLock, context?: Context): Acquire {
      for (const inner of [this.readersLock, this.writersLock])
        if (inner !== undefined) known.set(inner.semaphore, null);
      const object = known.has(this) ? (known.get(this) ?? null) : locks.of(this);
      return watchedAcquire(take.call(this, context), object, how, timeoutOf(context));
    }, take);
  };
  const { read, write } = prototype;
  prototype.read = watching(read, READ[name]);
  prototype.write = watching(write, WRITE);
  return () => void Object.assign(prototype, { read, write });
}

function patchBox(prototype: LockBox): () => void {
  const boxes = new UsedInstances<LockBox>({
    kindName: 'LockBox',
    methods: ['lock', 'lockMulti', 'withF', 'withMultiF', 'withG', 'withMultiG'],
  });
  const keys = new WeakMap<LockBox, KeyedObjects>();
  const keysOf = (box: LockBox): KeyedObjects | null => {
    const met = keys.get(box);
    const owner = met === undefined ? boxes.of(box) : null;
    if (met !== undefined || owner === null) return met ?? null;
    const made = new KeyedObjects(owner);
    keys.set(box, made);
    return made;
  };
  /** The same requests with classes that tell of the locks that they make. */
  const telling = (box: LockBox, requests: readonly unknown[]): unknown[] => {
    const objects = keysOf(box);
    return objects === null
      ? [...requests]
      : requests.map((each) => (isRequest(each) ? noting(box, objects, each) : each));
  };
  const { lock, lockMulti } = prototype;
  prototype.lock = dressed(function watched(this: LockBox, ...requests: unknown[]): Acquire {
    return Reflect.apply(lock, this, telling(this, requests));
  }, lock);
  prototype.lockMulti = dressed(function watched(this: LockBox, ...requests: unknown[]): unknown {
    return Reflect.apply(lockMulti, this, telling(this, requests));
  }, lockMulti);
  return () => void Object.assign(prototype, { lock, lockMulti });
}

function patchMonitor(prototype: Monitor): () => void {
  const { lock } = prototype;
  prototype.lock = dressed(function watched(this: Monitor, ...requests: unknown[]): Acquire {
    if (this.locksPending !== undefined && this.locksPending !== null) broken.add(this.lockBox);
    return Reflect.apply(lock, this, requests);
  }, lock);
  return () => void Object.assign(prototype, { lock });
}

function isRequest(value: unknown): value is Request {
  return Array.isArray(value) && typeof value[0] === 'string' && typeof value[1] === 'function';
}

function noting(box: LockBox, objects: KeyedObjects, [key, make, ...rest]: Request): Request {
  const construct = (target: LockConstructor, args: [], newTarget: Callable): object => {
    const lock = Reflect.construct(target, args, newTarget) as { readonly semaphore?: Semaphore };
    known.set(lock.semaphore ?? lock, broken.has(box) ? null : objects.of(key));
    return lock;
  };
  return [key, new Proxy(make, { construct }), ...rest];
}

function watchedAcquire(
  acquire: Acquire,
  object: TrackedObject | null,
  how: How,
  more: HowMuch,
  within: (claim: Claim, run: () => Promise<Lent>) => Promise<Lent> = (_claim, run) => run(),
): Acquire {
  if (object === null) return acquire;
  return standIn(acquire, (_self, args) => {
    const claim = new Claim(object, how, more);
    claim.sleep();
    return claim.grantedBy(
      within(claim, () => acquire(...args)),
      (lent) => give(lent, (release) => releasing(claim, release)),
    );
  });
}

/** What a lock inside of another is handed over by brings nobody more than the other lock does. */
function handingOver(acquire: Acquire): Acquire {
  return standIn(acquire, (_self, args) => {
    const promise = acquire(...args);
    const quieten = (lent: unknown): void =>
      give(lent, (release) =>
        standIn(release, (self, given) => hooks.quietly(() => Reflect.apply(release, self, given as never))),
      );
    void (Reflect.apply(then, promise, [quieten, () => undefined]) as Promise<void>);
    return promise;
  });
}

/** Changes the function to release in what an acquisition gives. */
function give(lent: unknown, change: (release: Callable) => Callable): void {
  if (Array.isArray(lent) && typeof lent[0] === 'function') lent[0] = change(lent[0] as Callable);
}

function timeoutOf(context: Context | null | undefined): HowMuch {
  const timer = context?.timer;
  const timeoutMs = typeof timer === 'object' ? timer?._delay : timer;
  return typeof timeoutMs === 'number' && Number.isFinite(timeoutMs) ? { timeoutMs } : {};
}
