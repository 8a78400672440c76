import type { ObjectKind } from '../../src/core/classes.ts';
import type { How } from '../../src/core/vocabulary.ts';
import * as hooks from '../../src/sync/hooks.ts';
import { applied } from '../patches/applied.ts';
import { patchClass, restoreAll } from '../patches/class-patch.ts';
import { standIn } from '../patches/stand-in.ts';
import { Claim } from '../shapes/claim.ts';
import { howOf } from '../shapes/how.ts';
import { UsedInstances } from '../shapes/used-instances.ts';
import type { Callable, LibraryAdapter } from './adapter.ts';

// A reader passes the writers that wait.
const READER = { mode: 'read', recursive: true, queued: false } as const;

type Methods = Readonly<Record<string, How>>;
type Lock = Record<string, Callable>;

/** How one of its classes is watched. */
interface Kind {
  readonly name: string;
  readonly kind: ObjectKind;
  readonly capacity: (lock: Lock) => number;
  /** Call their last argument back when it is its turn, or with an error when the time in the first one is over. */
  readonly asking: Methods;
  /** Say whether they have got it. */
  readonly trying: Methods;
  readonly giving: string;
}

const KINDS: readonly Kind[] = [
  {
    name: 'Mutex',
    kind: 'mutex',
    capacity: () => 1,
    asking: { lock: howOf('lock', 'unlock'), timedLock: howOf('timedLock', 'unlock') },
    trying: { tryLock: howOf('tryLock', 'unlock', { trylock: true }) },
    giving: 'unlock',
  },
  {
    name: 'ReadWriteLock',
    kind: 'async-rwlock',
    capacity: () => 1,
    asking: {
      readLock: howOf('readLock', 'unlock', READER),
      timedReadLock: howOf('timedReadLock', 'unlock', READER),
      writeLock: howOf('writeLock', 'unlock'),
      timedWriteLock: howOf('timedWriteLock', 'unlock'),
    },
    trying: {
      tryReadLock: howOf('tryReadLock', 'unlock', { ...READER, trylock: true }),
      tryWriteLock: howOf('tryWriteLock', 'unlock', { trylock: true }),
    },
    giving: 'unlock',
  },
  {
    name: 'Semaphore',
    kind: 'semaphore',
    capacity: ({ _count }) => _count as unknown as number,
    asking: { wait: howOf('wait', 'signal') },
    trying: {},
    giving: 'signal',
  },
];

/** locks 0.2. Who sets what a `CondVariable` waits for nobody knows. */
export const locks: LibraryAdapter = {
  name: 'locks',
  versions: '>=0.2.0 <0.3.0',
  patch: (exports) =>
    restoreAll(
      KINDS.map((kind) => {
        const methods = [...Object.keys(kind.asking), ...Object.keys(kind.trying)];
        return patchClass<Lock>(exports[kind.name], kind.giving, (prototype) => patchLock(prototype, kind), methods);
      }),
    ),
};

function patchLock(prototype: Lock, { name, kind, capacity, asking, trying, giving }: Kind): () => void {
  const methods = [...Object.keys(asking), ...Object.keys(trying), giving];
  const locks = new UsedInstances<Lock>({ kindName: name, methods, kind, capacity });
  const originals = Object.fromEntries(methods.map((method) => [method, prototype[method] as Callable]));
  /** The lock of which a method runs now, as long as it has not called the program back. */
  let inside: unknown = null;
  const within = <T>(lock: unknown, run: () => T): T => {
    const outer = inside;
    inside = lock;
    try {
      return run();
    } finally {
      inside = outer;
    }
  };
  const replace = (method: string, watched: (lock: Lock, args: unknown[], run: () => unknown) => unknown): void => {
    const original = prototype[method] as Callable;
    prototype[method] = standIn(original, (self, args) => {
      const run = (): unknown => within(self, () => applied(original, self, args));
      // What a method calls of its own lock is part of it.
      return inside === self || hooks.activeSession() === null ? run() : watched(self as Lock, args, run);
    });
  };

  for (const [method, how] of Object.entries(asking)) {
    replace(method, (lock, args, run) => {
      const callback = args.at(-1);
      if (typeof callback !== 'function') return run();
      const [timeoutMs] = args;
      const claim = new Claim(locks.of(lock), how, typeof timeoutMs === 'number' ? { timeoutMs } : null);
      claim.sleep();
      args[args.length - 1] = standIn(callback, (self, results) => {
        if (results[0] === undefined) claim.grant();
        else claim.refuse('timed-out');
        return claim.resume(() => within(null, () => applied(callback as Callable, self, results)));
      });
      return run();
    });
  }
  for (const [method, how] of Object.entries(trying)) {
    replace(method, (lock, _args, run) => {
      const object = locks.of(lock);
      const isTaken = run();
      if (isTaken === true) void new Claim(object, how);
      return isTaken;
    });
  }
  replace(giving, (lock, _args, run) => {
    const object = locks.of(lock);
    const held = hooks.holderToRelease(object);
    if (held === null) hooks.countEvent(object);
    else hooks.exit(held);
    return hooks.quietly(run);
  });
  return () => void Object.assign(prototype, originals);
}
