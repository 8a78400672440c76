import type { ObjectKind } from '../../src/core/classes.ts';
import type { TrackedObject } from '../../src/core/tracked-object.ts';
import * as hooks from '../../src/sync/hooks.ts';

/** Names that are classes of their own; more of them share one. */
const MAX_NAMES = 256;
/** Objects remembered; the oldest is forgotten for a new one. */
const MAX_OBJECTS = 4096;

/** Locks that are what they are called, anywhere in the program: files, keys of a server. */
export class NamedObjects {
  readonly #kind: ObjectKind;
  readonly #others: string;
  readonly #objects = new Map<string, TrackedObject>();
  readonly #names = new Set<string>();

  /** @param others what those are called whose names are one too many */
  constructor(kind: ObjectKind, others: string) {
    this.#kind = kind;
    this.#others = others;
  }

  /**
   * @param label tells it from all others
   * @param name of its class: those that share it are instances of one
   */
  of(label: string, name: string, capacity = 1): TrackedObject | null {
    const known = this.#objects.get(label);
    if (known !== undefined) return known;
    if (this.#objects.size >= MAX_OBJECTS) this.#objects.delete(this.#objects.keys().next().value ?? '');
    const isOwn = this.#names.has(name) || this.#names.size < MAX_NAMES;
    if (isOwn) this.#names.add(name);
    const made = hooks.track({ kind: this.#kind, name: isOwn ? name : this.#others, label, capacity });
    if (made !== null) this.#objects.set(label, made);
    return made;
  }
}
