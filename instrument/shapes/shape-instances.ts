import type { TrackedObject } from '../../src/core/tracked-object.ts';
import * as hooks from '../../src/sync/hooks.ts';
import { kindOf, trackByFirstCall, trackByFirstUse } from '../first-use.ts';
import { applied } from '../patches/applied.ts';
import { legible } from '../patches/passed-options.ts';
import { type InstanceNotes, instanceNotes } from './instance-notes.ts';
import { KeyedObjects } from './keyed-objects.ts';
import { Lent } from './lent.ts';
import type { FoundShape } from './shape.ts';

/** What is known of one instance. */
export interface ShapeInstance {
  readonly object: TrackedObject | null;
  readonly keys: KeyedObjects;
  readonly lent: Lent;
  /** Had no permit at its first use: it counts what others give. */
  readonly isSignal: boolean;
}

/** What is known of the object that a shape describes, or of the instances of the prototype that it describes. */
export class ShapeInstances {
  readonly #target: object;
  readonly #shape: FoundShape;
  /** Methods whose first call names an instance. */
  readonly #methods: readonly string[];
  /** Of the target, where calls are made on it and not on what it is the prototype of. */
  #own: ShapeInstance | null = null;
  #others: InstanceNotes<ShapeInstance> | null = null;

  constructor(target: object, shape: FoundShape, methods: readonly string[]) {
    this.#target = target;
    this.#shape = shape;
    this.#methods = methods;
  }

  of(self: object): ShapeInstance {
    const known = self === this.#target ? this.#own : (this.#others?.of(self) ?? null);
    if (known !== null && (known.object !== null || known.isSignal)) return known;
    const permits = this.#permitsOf(self);
    const isSignal = permits < 1;
    const object = isSignal ? null : this.#track(self, permits);
    const made: ShapeInstance = { object, keys: new KeyedObjects(object), lent: new Lent(), isSignal };
    if (self === this.#target) {
      this.#own = made;
    } else {
      this.#others ??= instanceNotes();
      this.#others.set(self, made);
    }
    return made;
  }

  /** What a call with these arguments is about: the instance, or one of its keys. */
  objectOf(self: object, args: readonly unknown[]): TrackedObject | null {
    const { key } = this.#shape;
    const { object, keys } = this.of(self);
    const of = key === undefined ? undefined : legible(() => applied(key, self, args));
    return of === undefined ? object : keys.of(of);
  }

  #permitsOf(self: object): number {
    const { capacity = 1 } = this.#shape;
    const permits: unknown = typeof capacity === 'number' ? capacity : legible(() => capacity(self));
    // A program may have made it with anything.
    return typeof permits === 'number' ? permits : 0;
  }

  #track(self: object, permits: number): TrackedObject | null {
    const { name, kindName, readers } = this.#shape;
    if (name !== undefined) return hooks.track({ kind: kindOf(permits), name, capacity: permits });
    if (kindName !== undefined) return trackByFirstCall(kindName, permits, this.#methods);
    const kind = readers === undefined ? kindOf(permits) : 'async-rwlock';
    return trackByFirstUse(self.constructor?.name ?? 'object', permits, this.#methods, kind);
  }
}
