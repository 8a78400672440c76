import { isObject } from '../../src/core/thenable.ts';
import * as hooks from '../../src/sync/hooks.ts';
import { kindOf, placeOfCall } from '../first-use.ts';
import { applied } from '../patches/applied.ts';
import { replaced } from '../patches/replaced.ts';
import { standIn } from '../patches/stand-in.ts';
import { Claim } from '../shapes/claim.ts';
import { hasMethods } from '../shapes/has-methods.ts';
import { howOf } from '../shapes/how.ts';
import { KeyedObjects } from '../shapes/keyed-objects.ts';
import { patchShape } from '../shapes/shape-patch.ts';
import type { Callable, LibraryAdapter } from './adapter.ts';

const ACQUIRE = howOf('acquire', 'release');

interface Semaphore {
  acquire(): Promise<void>;
  release(): void;
  /** How many have it or wait for it. */
  size(): number;
}

type Maker = (key?: unknown, concurrency?: number) => Semaphore;

/**
 * @henrygd/semaphore: all closures, so the function that makes them is replaced. A key that nobody uses is forgotten, and gets
 * another object when it is used again.
 */
export const henrygdSemaphore: LibraryAdapter = {
  name: '@henrygd/semaphore',
  versions: '>=0.0.2 <0.2.0',
  rebinds: ['getSemaphore'],
  patch(_exports, rebind) {
    const watched = new WeakSet<object>();
    const keys = new Map<number, KeyedObjects>();
    const keysOf = (capacity: number): KeyedObjects | null => {
      const known = keys.get(capacity);
      const place = known === undefined ? placeOfCall('getSemaphore') : null;
      const owner = place === null ? null : hooks.track({ kind: kindOf(capacity), ...place, capacity });
      if (owner === null) return known ?? null;
      const made = new KeyedObjects(owner);
      keys.set(capacity, made);
      return made;
    };
    const watchedMaker = (make: Maker): Maker =>
      standIn(make, (self, args) => {
        const semaphore = applied(make as Callable, self, args) as Semaphore;
        if (!hasMethods(semaphore, ['acquire', 'release', 'size']) || watched.has(semaphore)) return semaphore;
        const [key, concurrency = 1] = args as Parameters<Maker>;
        if (key === undefined || isObject(key)) {
          watched.add(semaphore);
          watchAlone(semaphore, concurrency);
          return semaphore;
        }
        const objects = keysOf(concurrency);
        if (objects === null) return semaphore;
        watched.add(semaphore);
        watchKey(semaphore, concurrency, objects, key);
        return semaphore;
      });
    return rebind('getSemaphore', watchedMaker) ? () => undefined : null;
  },
};

/** One that nobody else can ask for. */
function watchAlone(semaphore: Semaphore, capacity: number): void {
  const isFree = (): boolean => semaphore.size() < capacity;
  patchShape(semaphore, { capacity, acquire: 'acquire', isFree, release: 'release' });
}

function watchKey(semaphore: Semaphore, capacity: number, objects: KeyedObjects, key: unknown): void {
  replaced(semaphore, 'acquire', (acquire) =>
    standIn(acquire, (self, args) => {
      const call = (): Promise<void> => applied(acquire as Callable, self, args) as Promise<void>;
      const object = objects.of(key);
      if (semaphore.size() < capacity) return hooks.bind(call(), hooks.taken(object, ACQUIRE));
      const claim = new Claim(object, ACQUIRE);
      claim.sleep();
      return claim.grantedBy(call());
    }),
  );
  replaced(semaphore, 'release', (release) =>
    standIn(release, (self, args) => {
      hooks.exit(hooks.holderToRelease(objects.of(key)));
      return hooks.quietly(() => applied(release as Callable, self, args));
    }),
  );
}
