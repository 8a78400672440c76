import type { ClassId } from './ids.ts';

/** What kind of object a class describes; open, because adapters bring their own. */
export type ObjectKind =
  | 'mutex'
  | 'rtmutex'
  | 'ww_mutex'
  | 'spinlock'
  | 'raw_spinlock'
  | 'local_lock'
  | 'rwlock'
  | 'rwsem'
  | 'seqlock'
  | 'semaphore'
  | 'pool'
  | 'folio_lock'
  | 'folio_writeback'
  | 'completion'
  | 'waitqueue'
  | 'event'
  | 'channel'
  | 'promise'
  | 'task'
  | 'barrier'
  | 'condition'
  | 'rcu'
  | 'percpu_ref'
  | 'work'
  | 'fence'
  | 'lockdep_map'
  | 'irq'
  | 'exchange'
  | (string & {});

/** How the readers of a kind are kept apart from its writers: not at all, or as those of a spinning or a sleeping lock. */
export type Readers = 'none' | 'spinning' | 'sleeping';

const READERS: ReadonlyMap<ObjectKind, Readers> = new Map<ObjectKind, Readers>([
  ['rwlock', 'spinning'],
  ['seqlock', 'spinning'],
  ['rcu', 'spinning'],
  ['rwsem', 'sleeping'],
  ['db-lock', 'sleeping'],
  ['row-lock', 'sleeping'],
  ['async-rwlock', 'sleeping'],
  ['web-lock', 'sleeping'],
  ['http_server', 'sleeping'],
]);

export function readersOf(kind: ObjectKind): Readers {
  return READERS.get(kind) ?? 'none';
}

/** Sub-classes a user may choose for one key (DEPT_MAX_SUBCLASSES_USR); read-side classes follow after them. */
export const USER_SUBCLASSES = 8;

/** More than a key has sub-classes: what the user may choose, for each event bit. */
const MAX_SUBS = 64;

/** Identity of a family of classes: where its objects were made, or the name they were given. */
export interface ClassKey {
  readonly id: number;
  /** The given name; without one, `kind@site`. */
  readonly name: string;
  /** `package-relative-file:line:column` of the place of creation, null where only a name is known. */
  readonly site: string | null;
  readonly kind: ObjectKind;
  /** Whether its readers have events of their own. */
  readonly readers: Readers;
  /** Permits for kinds that have several; 1 for a lock. */
  readonly capacity: number;
  /** True when it is the place of a first use: the making of its objects was not seen. */
  readonly isByUse: boolean;
  /** Stacks still to capture for this key before the steady state. */
  captures: number;
}

/** A node of the graph: one key with one sub-class. */
export interface EventClass {
  readonly id: ClassId;
  readonly key: ClassKey;
  /** User sub-class, plus 8 for each event bit: the reader's event of `A:0` is `A:8`. */
  readonly sub: number;
}

/** What identifies a key: a name, a place, or both. */
export interface ClassIdentity {
  readonly kind: ObjectKind;
  readonly name?: string;
  readonly site?: string | null;
  readonly capacity?: number;
  /** The place is that of a first use. */
  readonly isByUse?: boolean;
}

/**
 * All classes of a session. Looking up a class costs one Map probe; objects cache the result.
 * Two objects share a key when kind, name and site agree, so identity is stable between runs and machines.
 */
export class ClassRegistry {
  readonly #keys = new Map<string, ClassKey>();
  readonly #classes: EventClass[] = [];
  readonly #ids = new Map<number, ClassId>();
  readonly #maxClasses: number;
  readonly #maxCaptures: number;

  constructor(maxClasses: number, maxCaptures: number) {
    this.#maxClasses = maxClasses;
    this.#maxCaptures = maxCaptures;
  }

  get size(): number {
    return this.#classes.length;
  }

  /** Identities met so far. */
  get keyCount(): number {
    return this.#keys.size;
  }

  /** The key of this identity, made on first use. */
  key(identity: ClassIdentity): ClassKey {
    const site = identity.site ?? null;
    const name = identity.name ?? (site === null ? identity.kind : `${identity.kind}@${site}`);
    const text = `${identity.kind}\u0000${name}\u0000${site ?? ''}`;
    const known = this.#keys.get(text);
    if (known !== undefined) return known;
    const key: ClassKey = {
      id: this.#keys.size,
      name,
      site,
      kind: identity.kind,
      readers: readersOf(identity.kind),
      capacity: identity.capacity ?? 1,
      isByUse: identity.isByUse ?? false,
      captures: this.#maxCaptures,
    };
    this.#keys.set(text, key);
    return key;
  }

  /** The class of a key and sub-class, made on first use; -1 when the registry is full. */
  classOf(key: ClassKey, sub: number): ClassId {
    const place = key.id * MAX_SUBS + sub;
    const known = this.#ids.get(place);
    if (known !== undefined) return known;
    if (this.#classes.length >= this.#maxClasses) return -1 as ClassId;
    const id = this.#classes.length as ClassId;
    this.#ids.set(place, id);
    this.#classes.push({ id, key, sub });
    return id;
  }

  /** @throws RangeError when the id was never given out */
  get(id: ClassId): EventClass {
    const known = this.#classes[id];
    if (known === undefined) throw new RangeError(`no class ${id} in a registry of ${this.#classes.length}`);
    return known;
  }

  [Symbol.iterator](): IterableIterator<EventClass> {
    return this.#classes.values();
  }
}

/** The class as reports print it: `name:sub`. */
export function className(eventClass: EventClass): string {
  return `${eventClass.key.name}:${eventClass.sub}`;
}
