import type { ObjectKind } from '../../src/core/classes.ts';
import type { TrackedObject } from '../../src/core/tracked-object.ts';
import * as hooks from '../../src/sync/hooks.ts';
import { kindOf, placeOfUse } from '../first-use.ts';
import { trackDistinct } from '../watched-pool.ts';
import { type InstanceNotes, instanceNotes } from './instance-notes.ts';

/** How the instances of a class become known. */
export interface Use<T> {
  /** What one is called where the source does not say; of the instance where subclasses share the methods. */
  readonly kindName: string | ((instance: T) => string);
  /** Methods whose first call names an instance. */
  readonly methods: readonly string[];
  /**
   * How many can have it at once; 1 if not given. Null for an instance with other insides, which is left alone. Without an
   * end nobody ever waits for it. Asked at the first use, before anything is taken.
   */
  readonly capacity?: (instance: T) => number | null;
  readonly kind?: ObjectKind;
  /** True where each has a class of its own, also where one helper function uses them all. */
  readonly isDistinct?: boolean;
}

/** The instances of a class whose making nobody sees: each is tracked from its first use on, which also names it. */
export class UsedInstances<T extends object> {
  readonly #use: Use<T>;
  readonly #objects: InstanceNotes<TrackedObject> = instanceNotes();

  constructor(use: Use<T>) {
    this.#use = use;
  }

  /** Call where one of the methods is. @returns null when nobody listens, and for what is never waited for */
  of(instance: T): TrackedObject | null {
    return this.#objects.of(instance) ?? this.#track(instance);
  }

  /** The same without making this its first use. */
  known(instance: T): TrackedObject | null {
    return this.#objects.of(instance);
  }

  #track(instance: T): TrackedObject | null {
    const { kindName, methods, capacity: capacityOf, kind, isDistinct = false } = this.#use;
    const capacity = capacityOf === undefined ? 1 : capacityOf(instance);
    if (capacity === null || !Number.isFinite(capacity)) return null;
    const name = typeof kindName === 'string' ? kindName : kindName(instance);
    const place = placeOfUse(name, methods);
    if (place === null) return null;
    const of = kind ?? kindOf(capacity);
    const object = isDistinct
      ? trackDistinct(of, place, capacity)
      : hooks.track({ kind: of, ...place, capacity, isByUse: true });
    if (object !== null) this.#objects.set(instance, object);
    return object;
  }
}
