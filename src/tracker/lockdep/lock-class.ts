import type { ClassKey } from '../../core/classes.ts';
import type { Stack } from '../../core/stack.ts';
import type { TrackedObject } from '../../core/tracked-object.ts';
import type { HowMuch } from '../../core/vocabulary.ts';
import type { LockEdge } from './lock-graph.ts';
import { type LockKind, lockKindOf } from './wait-type.ts';

/** Sub-classes one key may have (MAX_LOCKDEP_SUBCLASSES). */
export const MAX_SUBCLASSES = 8;

/** All locks that share a key and a sub-class: a node of the order graph. */
export class LockClass {
  /** Dense, from 0. */
  readonly id: number;
  /** The key's name; `name/1` for sub-class 1. */
  readonly name: string;
  readonly kind: LockKind;
  /** Usage states seen so far. */
  usage = 0;
  /** Where each usage state was first seen. */
  readonly usageStacks: Map<number, Stack | null> = new Map();
  /** Classes taken while this one was held. */
  readonly after: LockEdge[] = [];
  /** Classes held while this one was taken. */
  readonly before: LockEdge[] = [];

  constructor(id: number, name: string, kind: LockKind) {
    this.id = id;
    this.name = name;
    this.kind = kind;
  }
}

/** What a look-up can fail with. */
export type ClassFault = 'too-many-classes' | 'invalid-subclass';

/** The classes of one lockdep, made on first use. */
export class LockClasses {
  readonly #classes = new Map<number, LockClass>();
  readonly #kinds = new Map<ClassKey, LockKind | null>();
  readonly #maxClasses: number;

  constructor(maxClasses: number) {
    this.#maxClasses = maxClasses;
  }

  get size(): number {
    return this.#classes.size;
  }

  /** How lockdep treats this object; null when it can not see it. */
  kindOf(object: TrackedObject): LockKind | null {
    const known = this.#kinds.get(object.key);
    if (known !== undefined) return known;
    const kind = lockKindOf(object.key);
    this.#kinds.set(object.key, kind);
    return kind;
  }

  /**
   * The class in which this lock is taken. The nesting depth of the call goes before the sub-class the lock was made
   * with (register_lock_class).
   */
  classOf(object: TrackedObject, kind: LockKind, more: HowMuch | null): LockClass | ClassFault {
    const nest = more?.nest ?? 0;
    const subclass = nest > 0 ? nest : object.subclass;
    if (subclass >= MAX_SUBCLASSES) return 'invalid-subclass';
    const at = object.key.id * MAX_SUBCLASSES + subclass;
    const known = this.#classes.get(at);
    if (known !== undefined) return known;
    if (this.#classes.size >= this.#maxClasses) return 'too-many-classes';
    const name = subclass === 0 ? object.key.name : `${object.key.name}/${subclass}`;
    const made = new LockClass(this.#classes.size, name, kind);
    this.#classes.set(at, made);
    return made;
  }

  [Symbol.iterator](): IterableIterator<LockClass> {
    return this.#classes.values();
  }
}
