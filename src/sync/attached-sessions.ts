import type { Session } from '../core/session.ts';
import type { TrackedObject } from '../core/tracked-object.ts';

/**
 * The session that every hook speaks to; null when nobody listens.
 *
 * What was begun in one session ends in that one, also when another is attached by then; an object that another session
 * knows is met anew in the attached one.
 */
export let active: Session | null = null;
let onFault: (fault: unknown) => void = () => undefined;

export interface Attached {
  readonly session: Session;
  readonly fault: (fault: unknown) => void;
}

/** Sessions set aside while a later one is attached, oldest first. */
export const aside: Attached[] = [];
/** What a session calls the objects of other sessions. */
const counterparts = new WeakMap<Session, WeakMap<TrackedObject, TrackedObject>>();

/**
 * Attaches a session; every later hook speaks to it. One that is attached already is set aside until this one is
 * detached. `fault` hears of the one internal error that may detach it.
 */
export function attachSession(session: Session, fault: (fault: unknown) => void): void {
  if (active !== null) aside.push({ session: active, fault: onFault });
  active = session;
  onFault = fault;
}

/** Detaches the session, or the one attached last; the one that was set aside for it is attached again. */
export function detachSession(session: Session | null = active): void {
  const at = aside.findIndex((each) => each.session === session);
  if (at >= 0) aside.splice(at, 1);
  else if (session === active || active === null) {
    const before = aside.pop();
    active = before?.session ?? null;
    onFault = before?.fault ?? (() => undefined);
  }
}

/** The attached session, or null when nobody listens. */
export function activeSession(): Session | null {
  return active;
}

/** True while hooks speak to this session, or will do so again when a later one is detached. */
export function isAttached(session: Session): boolean {
  return active === session || aside.some((each) => each.session === session);
}

/** An internal error outside a hook point, in an attribution: detaches the session like one inside. */
export function failed(fault: unknown, session: Session | null = active): null {
  const at = aside.findIndex((each) => each.session === session);
  if (at >= 0) aside.splice(at, 1)[0]?.fault(fault);
  else if (session === active) {
    active = null;
    onFault(fault);
  }
  return null;
}

export function guarded<T>(call: (session: Session) => T, session: Session | null = active): T | null {
  if (session === null) return null;
  try {
    return call(session);
  } catch (fault) {
    return failed(fault, session);
  }
}

/** The session that made this object, as long as it is attached or set aside. */
export function keeperOf(object: TrackedObject): Session | null {
  if (active !== null && active.classes === object.registry) return active;
  for (const { session } of aside) if (session.classes === object.registry) return session;
  return null;
}

/** The object as this session knows it. */
export function known(session: Session, object: TrackedObject): TrackedObject {
  return object.registry === session.classes ? object : counterpart(session, object);
}

function counterpart(session: Session, object: TrackedObject): TrackedObject {
  const others = counterparts.get(session) ?? new WeakMap<TrackedObject, TrackedObject>();
  counterparts.set(session, others);
  const met = others.get(object);
  if (met !== undefined) return met;
  const { kind, name, site, capacity } = object.key;
  const made = session.object({ kind, name, site, capacity, subclass: object.subclass, label: object.label });
  others.set(object, made);
  return made;
}
