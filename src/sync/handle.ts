import type { ObjectKind } from '../core/classes.ts';
import type { ObjectOptions, Session } from '../core/session.ts';
import type { TrackedObject } from '../core/tracked-object.ts';
import { activeSession, track } from './hooks.ts';

/** What every primitive may be told about its identity. */
export interface Identity {
  /** Names the class: primitives of one kind and name are one node of the graph. Without it the place of creation does. */
  readonly name?: string;
  /** Place of creation, `file:line:column`, where the caller knows better than the stack. */
  readonly site?: string;
  /** Name of this instance where it differs from its class. */
  readonly label?: string;
  /** User sub-class, 0..7. */
  readonly subclass?: number;
}

/**
 * The primitive's side of tracking (the kernel's embedded `dep_map`). Made with the primitive; the tracked object
 * follows when a session listens, so primitives older than the session are tracked from their next use on.
 */
export class Handle {
  #options: ObjectOptions;
  #session: Session | null = null;
  #object: TrackedObject | null = null;
  /** What the sessions before this one know it as: one that was set aside comes back. */
  #others: WeakMap<Session, TrackedObject> | null = null;

  constructor(kind: ObjectKind, identity: Identity, capacity = 1) {
    this.#options = { ...identity, kind, capacity };
    const session = activeSession();
    if (session !== null) this.#attach(session);
  }

  /** Name for messages. */
  get name(): string {
    return this.#object?.label ?? this.#options.label ?? this.#options.name ?? this.#options.kind;
  }

  /** The tracked object in the attached session, null when nobody listens. */
  get object(): TrackedObject | null {
    const session = activeSession();
    if (session === this.#session) return this.#object;
    return session === null ? null : this.#attach(session);
  }

  #attach(session: Session): TrackedObject | null {
    if (this.#session !== null && this.#object !== null) {
      this.#others ??= new WeakMap();
      this.#others.set(this.#session, this.#object);
    }
    this.#session = session;
    this.#object = this.#others?.get(session) ?? track(this.#identified(session));
    return this.#object;
  }

  /** The place of creation is where the first session met it; it stays the same for later ones. */
  #identified(session: Session): ObjectOptions {
    if (this.#options.name !== undefined || this.#options.site !== undefined) return this.#options;
    const frame = session.capture()?.frames[0];
    if (frame === undefined || frame.file === null) return this.#options;
    this.#options = { ...this.#options, site: `${frame.file}:${frame.line}:${frame.column}` };
    return this.#options;
  }
}
