import type { Context } from '../core/context.ts';
import type { EventContext } from '../core/event-context.ts';
import type { IrqType } from '../core/irq.ts';
import type { ObjectOptions, Session } from '../core/session.ts';
import type { TrackedObject } from '../core/tracked-object.ts';
import type { How, HowMuch, MisuseKind, Outcome } from '../core/vocabulary.ts';
import type { Wait } from '../core/wait.ts';

/**
 * The hook points. Every primitive, adapter and annotation speaks through these functions; when no session is attached
 * each of them is one null check. A fault inside a session never reaches the host program: the session is detached, its
 * fault handler told once, and the program goes on.
 */
let active: Session | null = null;
let onFault: (fault: unknown) => void = () => undefined;

/** Attaches a session; every later hook speaks to it. `fault` hears of the one internal error that may detach it. */
export function attachSession(session: Session, fault: (fault: unknown) => void): void {
  active = session;
  onFault = fault;
}

export function detachSession(): void {
  active = null;
}

/** The attached session, or null when nobody listens. */
export function activeSession(): Session | null {
  return active;
}

/** An internal error outside a hook point, in an attribution: detaches the session like one inside. */
export function failed(fault: unknown): null {
  active = null;
  onFault(fault);
  return null;
}

function guarded<T>(call: (session: Session) => T): T | null {
  if (active === null) return null;
  try {
    return call(active);
  } catch (fault) {
    return failed(fault);
  }
}

// The functions of the hot path below guard themselves: a closure for each call would cost as much as the call.

/** A tracked object for an instance, or null when nobody listens. */
export function track(options: ObjectOptions): TrackedObject | null {
  return guarded((session) => session.object(options));
}

/** The calling context may block until the object's event; call before it does. */
export function wait(object: TrackedObject | null, how: How, more: HowMuch | null = null): Wait | null {
  if (object === null || active === null) return null;
  try {
    return active.wait(object, how, more);
  } catch (fault) {
    return failed(fault);
  }
}

/** The wait really sleeps now. */
export function blocked(begun: Wait | null): void {
  if (begun === null || active === null) return;
  try {
    active.blocked(begun);
  } catch (fault) {
    failed(fault);
  }
}

/** The awaited event fired, or the wait gave up; called where that happens, not where the waiter resumes. */
export function waited(begun: Wait | null, outcome: Outcome = 'fired'): void {
  if (begun === null || active === null) return;
  try {
    active.waited(begun, outcome);
  } catch (fault) {
    failed(fault);
  }
}

/** The wait ended because its context was given the object: lock granted, permit taken. */
export function granted(begun: Wait | null, how?: How): EventContext | null {
  if (begun === null || active === null) return null;
  try {
    return active.granted(begun, how);
  } catch (fault) {
    return failed(fault);
  }
}

/** The code that runs now goes on after this wait, without a promise in between. */
export function adopt(begun: Wait | null): void {
  if (begun !== null) guarded((session) => session.adopt(begun));
}

/** Ties the promise the waiter awaits to its wait. */
export function bind<P extends object>(promise: P, begun: Wait | null): P {
  if (begun === null || active === null) return promise;
  try {
    active.attribution.bind(promise, begun);
  } catch (fault) {
    failed(fault);
  }
  return promise;
}

/** Runs a library's own hand-over: the waits it wakes already carry the event, so the waker's history stays out of theirs. */
export function quietly<T>(handOver: () => T): T {
  return active === null ? handOver() : active.attribution.quietly(handOver);
}

/** The calling context owes the object's event from here, without having waited. */
export function enter(object: TrackedObject | null, how: How, more: HowMuch | null = null): EventContext | null {
  if (object === null || active === null) return null;
  try {
    return active.enter(object, how, more);
  } catch (fault) {
    return failed(fault);
  }
}

/** What was owed has happened. */
export function exit(held: EventContext | null): void {
  if (held === null || active === null) return;
  try {
    active.exit(held);
  } catch (fault) {
    failed(fault);
  }
}

/**
 * The event context that a release without a ticket ends: the calling context's own newest one, else the oldest there is.
 */
export function holderToRelease(object: TrackedObject | null): EventContext | null {
  return object === null ? null : guarded((session) => session.heldBy(object) ?? session.holders(object)[0] ?? null);
}

/** Somebody asks for the event: whoever is heading for it counts from here. */
export function request(object: TrackedObject | null): void {
  if (object !== null) guarded((session) => session.request(object));
}

/** The event happens in the calling context. */
export function event(object: TrackedObject | null, how: How): void {
  if (object !== null) guarded((session) => session.event(object, how));
}

/** What is owed passes to another context. */
export function handover(held: EventContext | null, to: Context): void {
  if (held !== null) guarded((session) => session.handover(held, to));
}

/** What is owed changes its mode (downgrade). */
export function modify(held: EventContext | null, how: How): EventContext | null {
  return held === null ? null : guarded((session) => session.modify(held, how));
}

/** Interrupts of this type become possible or impossible in the calling context. */
export function setIrq(irq: IrqType, enabled: boolean): void {
  guarded((session) => session.setIrq(irq, enabled));
}

export function init(object: TrackedObject | null): void {
  if (object !== null) guarded((session) => session.init(object));
}

export function destroy(object: TrackedObject | null): void {
  if (object !== null) guarded((session) => session.destroy(object));
}

/** Tells observers of a misuse; the primitive still throws its own error at the call site. */
export function misuse(kind: MisuseKind, object: TrackedObject | null, message: string): void {
  guarded((session) => session.misuse({ kind, object, message }));
}
