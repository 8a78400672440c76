import type { TrackedObject } from '../../src/core/tracked-object.ts';
import * as hooks from '../../src/sync/hooks.ts';
import { placeOfUse } from '../first-use.ts';
import { SHARED_PROMISE } from '../shapes/promise-cache.ts';
import type { LibraryAdapter } from './adapter.ts';

/** The parts of a DataLoader that are used; `_batchLoadFn` is not in its public types. */
interface Loader {
  readonly name?: string | null;
  _batchLoadFn: (this: Loader, keys: readonly unknown[]) => unknown;
  load(key: unknown): Promise<unknown>;
}

/**
 * DataLoader 2: the batch function owes what `load` promises. Which keys come into one batch is a matter of timing, so all
 * batches of a loader are one event: a batch function that loads through its own loader may wait for its own batch.
 */
export const dataloader: LibraryAdapter = {
  name: 'dataloader',
  versions: '>=2.0.0 <3.0.0',
  patch(exports) {
    const loader = (typeof exports === 'function' ? exports : exports['default']) as { prototype?: Loader } | undefined;
    const prototype = loader?.prototype;
    if (typeof prototype?.load !== 'function') return null;
    const { load } = prototype;
    const objects = new WeakMap<Loader, TrackedObject | null>();
    prototype.load = {
      load(this: Loader, key: unknown): Promise<unknown> {
        let object = objects.get(this);
        if (object === undefined) {
          object = objectOf(this);
          if (object !== null) {
            objects.set(this, object);
            this._batchLoadFn = owingBatch(this._batchLoadFn, object);
          }
        }
        return hooks.share(load.call(this, key), object, SHARED_PROMISE);
      },
    }.load;
    return () => Object.assign(prototype, { load });
  },
};

function objectOf({ name }: Loader): TrackedObject | null {
  const place = placeOfUse('DataLoader', ['load', 'loadMany']);
  return place === null ? null : hooks.track({ kind: 'promise', ...place, name: `${name ?? place.name}#batch` });
}

function owingBatch(batch: Loader['_batchLoadFn'], object: TrackedObject): Loader['_batchLoadFn'] {
  return function batchLoad(this: Loader, keys) {
    return hooks.owing(object, SHARED_PROMISE, null, () => batch.call(this, keys));
  };
}
