import type { ObjectKind } from '../../src/core/classes.ts';
import type { TrackedObject } from '../../src/core/tracked-object.ts';
import * as hooks from '../../src/sync/hooks.ts';
import { kindOf, type NamedPlace, placeOfCall, placeOfCreation } from '../first-use.ts';

/** The tracked object of what a factory has made, from its making on; where nobody listened then, from its first use. */
export class MadeObject {
  readonly #kindName: string;
  readonly #capacity: number;
  readonly #kind: ObjectKind;
  #object: TrackedObject | null;

  /** Call while the factory runs. A capacity without an end can never be waited for, so it is not tracked. */
  constructor(kindName: string, capacity: number, kind: ObjectKind = kindOf(capacity)) {
    this.#kindName = kindName;
    this.#capacity = capacity;
    this.#kind = kind;
    this.#object = this.#isLimited ? this.#track(placeOfCreation(kindName)) : null;
  }

  get object(): TrackedObject | null {
    if (this.#object === null && this.#isLimited) {
      this.#object = this.#track(placeOfCall(this.#kindName));
    }
    return this.#object;
  }

  #track(place: NamedPlace | null): TrackedObject | null {
    return place === null ? null : hooks.track({ kind: this.#kind, ...place, capacity: this.#capacity });
  }

  get #isLimited(): boolean {
    return Number.isFinite(this.#capacity);
  }
}
