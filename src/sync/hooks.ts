import type { Callback } from '../core/attribution.ts';
import type { Context } from '../core/context.ts';
import type { EventContext } from '../core/event-context.ts';
import { Fiber, type Past } from '../core/fiber.ts';
import type { IrqType } from '../core/irq.ts';
import { OwedPromise } from '../core/owed-promise.ts';
import type { ObjectOptions, Session } from '../core/session.ts';
import { isObject, isThenable } from '../core/thenable.ts';
import type { TrackedObject } from '../core/tracked-object.ts';
import type { How, HowMuch, MisuseKind, Outcome } from '../core/vocabulary.ts';
import type { Wait } from '../core/wait.ts';
import { active, aside, failed, guarded, keeperOf, known } from './attached-sessions.ts';

/**
 * The hook points. Every primitive, adapter and annotation speaks through these functions; when no session is attached
 * each of them is one null check. A fault inside a session never reaches the host program: the session is detached, its
 * fault handler told once, and the program goes on.
 */
export { activeSession, attachSession, detachSession, failed, isAttached } from './attached-sessions.ts';

// The functions of the hot path below guard themselves: a closure for each call would cost as much as the call.

/** A tracked object for an instance, or null when nobody listens. */
export function track(options: ObjectOptions): TrackedObject | null {
  return guarded((session) => session.object(options));
}

/** The calling context may block until the object's event; call before it does. */
export function wait(object: TrackedObject | null, how: How, more: HowMuch | null = null): Wait | null {
  if (object === null || active === null) return null;
  try {
    return active.wait(known(active, object), how, more);
  } catch (fault) {
    return failed(fault);
  }
}

/** The wait really sleeps now. */
export function blocked(begun: Wait | null): void {
  if (begun === null) return;
  const session = keeperOf(begun.object);
  if (session === null) return;
  try {
    session.blocked(begun);
  } catch (fault) {
    failed(fault, session);
  }
}

/** The wait stands in a queue, as far as is known without anybody who sleeps for it. */
export function queued(begun: Wait | null): void {
  if (begun !== null) guarded((session) => session.queued(begun), keeperOf(begun.object));
}

/** The awaited event fired, or the wait gave up; called where that happens, not where the waiter resumes. */
export function waited(begun: Wait | null, outcome: Outcome = 'fired'): void {
  if (begun === null) return;
  const session = keeperOf(begun.object);
  if (session === null) return;
  try {
    session.waited(begun, outcome);
  } catch (fault) {
    failed(fault, session);
  }
}

/** The wait ended because its context was given the object: lock granted, permit taken. */
export function granted(begun: Wait | null, how?: How): EventContext | null {
  if (begun === null) return null;
  const session = keeperOf(begun.object);
  if (session === null) return null;
  try {
    return session.granted(begun, how);
  } catch (fault) {
    return failed(fault, session);
  }
}

/** The calling context takes what is free: a wait that nobody has to end, and its grant. */
export function taken(object: TrackedObject | null, how: How, more: HowMuch | null = null): EventContext | null {
  if (object === null || active === null) return null;
  try {
    return active.taken(known(active, object), how, more);
  } catch (fault) {
    return failed(fault);
  }
}

/** The code that runs now goes on after this wait, without a promise in between. */
export function adopt(begun: Wait | null): void {
  if (begun !== null) guarded((session) => session.adopt(begun), keeperOf(begun.object));
}

/** The code that runs now has waited for this, and has behind it what it had then: not what whoever let it go on had. */
export function goOn(begun: Wait | null): void {
  if (begun === null || begun.context.exact) return;
  guarded((session) => session.slice.goOn(begun), keeperOf(begun.object));
}

/** Runs what the calling code begins, which has behind it what that has, and leaves nothing of its own in that. */
export function apart<T>(run: () => T): T {
  const session = active;
  if (session === null) return run();
  const fiber = new Fiber(session);
  fiber.history = session.main.history;
  return session.attribution.stretch(fiber, run);
}

/** Ties the promise the waiter awaits to its wait, or to what it has taken at once. */
export function bind<P extends object>(promise: P, begun: Wait | EventContext | null): P {
  if (begun === null || !isObject(promise)) return promise;
  const session = keeperOf(begun.object);
  if (session === null) return promise;
  try {
    session.attribution.bind(promise, begun);
  } catch (fault) {
    failed(fault, session);
  }
  return promise;
}

/**
 * Ties a promise that settles after the wait has ended, when a task is done that had to wait for its turn: whoever awaits it
 * while the wait is pending sleeps, and goes on after the wait and what `extend` adds to it.
 */
export function follow<P extends object>(promise: P, begun: Wait | null): P {
  bind(promise, begun);
  if (begun !== null) followThese(promise, [begun]);
  return promise;
}

/** Whoever awaits the promise while these waits are pending sleeps for them. */
export function followAll<P extends object>(promise: P, begun: readonly (Wait | null)[]): P {
  followThese(promise, begun.includes(null) ? begun.filter((wait) => wait !== null) : (begun as readonly Wait[]));
  return promise;
}

function followThese(promise: object, waits: readonly Wait[]): void {
  const first = waits[0];
  if (first === undefined || !isThenable(promise)) return;
  const session = keeperOf(first.object);
  try {
    session?.attribution.follow(promise, waits);
  } catch (fault) {
    failed(fault, session);
  }
}

/** Whoever goes on after this wait does so after what the code that runs now has behind it. */
export function extend(begun: Wait | null): void {
  if (begun === null) return;
  const session = keeperOf(begun.object);
  if (session === null) return;
  try {
    session.extend(begun);
  } catch (fault) {
    failed(fault, session);
  }
}

/** Runs a library's own hand-over: the waits it wakes already carry the event, so the waker's history stays out of theirs. */
export function quietly<T>(handOver: () => T): T {
  const { attribution } = active ?? {};
  if (aside.length === 0) return attribution === undefined ? handOver() : attribution.quietly(handOver);
  const all = [...aside.map(({ session }) => session.attribution), ...(attribution === undefined ? [] : [attribution])];
  return all.reduce((run, each) => () => each.quietly(run), handOver)();
}

/** Runs a waiter's callback as the code that goes on after its wait, whoever calls it: for libraries without promises. */
export function resume<T>(begun: Wait | null, run: () => T): T {
  const session = begun === null ? null : keeperOf(begun.object);
  return begun === null || session === null ? run() : session.attribution.resume(begun, run);
}

/** The callback, to run as what the calling code goes on with: for events that no promise brings. */
export function carry<T extends unknown[], R>(callback: Callback<T, R>): Callback<T, R> {
  return active === null ? callback : active.attribution.carry(callback);
}

/** Runs a stretch of a fiber that the attached session knows. */
export function stretch<T>(fiber: Fiber, run: () => T): T {
  return fiber.session === active ? active.attribution.stretch(fiber, run) : run();
}

/** What the calling code has behind it; null where that matters to nobody. */
export function past(): Past | null {
  const session = active;
  return guarded(() => {
    const history = session?.histories.active === true ? session.main.history : null;
    return session === null || history === null ? null : { session, history };
  });
}

/** The calling code goes on after this. */
export function goOnAfter(behind: Past | null): void {
  if (behind !== null && behind.session === active) guarded((session) => session.goOnAfter(behind.history));
}

/** True while it is seen who awaits a promise. */
export function followsPromises(): boolean {
  return (active?.attribution.followsSince ?? null) !== null;
}

/** True when nobody can have awaited the promise of this wait without being seen. */
export function isFollowed(begun: Wait): boolean {
  const since = keeperOf(begun.object)?.attribution.followsSince ?? null;
  return since !== null && since <= begun.begin;
}

/** To await the promise is to wait for the object's event from here on. Only where promises are followed. */
export function share<P extends object>(
  promise: P,
  object: TrackedObject | null,
  how: How,
  more: HowMuch | null = null,
): P {
  if (object !== null && isObject(promise)) {
    guarded((session) => {
      const owed = session.attribution.owed(promise, () => new OwedPromise(known(session, object), how, more));
      if (owed !== null) owed.isShared = true;
    });
  }
  return promise;
}

/**
 * Runs a function whose code owes the object's event until the promise it returns has settled; the calling code does not.
 * Only where promises are followed. @param computes false: somebody else computes what the promise is for
 */
export function owing<T>(
  object: TrackedObject | null,
  how: How,
  more: HowMuch | null,
  run: () => T,
  computes: () => boolean = () => true,
): T {
  const session = active;
  if (object === null || session === null || session.attribution.followsSince === null) return run();
  const { history } = session.slice;
  const held = enter(object, how, more);
  let result: unknown;
  try {
    result = run();
    return result as T;
  } finally {
    if (!computes()) result = null;
    if (isObject(result)) session.attribution.restsOn(result);
    session.slice.history = history;
    if (held !== null) endWith(session, result, held);
  }
}

/** The calling code goes on when this promise is settled, and sleeps until then, in whatever way it asks for that. */
export function restOn(result: unknown): void {
  if (isObject(result)) guarded((session) => session.attribution.restsOn(result));
}

function endWith(session: Session, result: unknown, held: EventContext): void {
  const { object, how, more } = held;
  const owed =
    result instanceof Promise
      ? guarded(() => session.attribution.owed(result, () => new OwedPromise(object, how, more)), session)
      : null;
  if (owed === null || owed.isSettled || owed.held !== null) exit(held);
  else owed.held = held;
}

/** The calling context owes the object's event from here, without having waited. */
export function enter(object: TrackedObject | null, how: How, more: HowMuch | null = null): EventContext | null {
  if (object === null || active === null) return null;
  try {
    return active.enter(known(active, object), how, more);
  } catch (fault) {
    return failed(fault);
  }
}

/** What was owed has happened. */
export function exit(held: EventContext | null): void {
  if (held === null) return;
  const session = keeperOf(held.object);
  if (session === null) return;
  try {
    session.exit(held);
  } catch (fault) {
    failed(fault, session);
  }
}

/**
 * The event context that a release without a ticket ends: the calling context's own newest one, else the oldest there is.
 */
export function holderToRelease(object: TrackedObject | null): EventContext | null {
  if (object === null) return null;
  if (object.onlyHolder !== null && object.registry === active?.classes) return object.onlyHolder;
  return holderAmong(object);
}

function holderAmong(object: TrackedObject): EventContext | null {
  const holder = (session: Session): EventContext | null =>
    session.heldBy(known(session, object)) ?? known(session, object).holders[0] ?? null;
  return guarded(holder) ?? guarded(holder, keeperOf(object));
}

/** The object has more permits than before, which nobody had taken. */
export function addPermits(object: TrackedObject | null): void {
  if (object === null) return;
  guarded((session) => {
    known(session, object).permitsAdded = true;
  });
}

/** Somebody releases what nobody has taken. */
export function countEvent(object: TrackedObject | null): void {
  if (object === null) return;
  addPermits(object);
  guarded((session) => {
    known(session, object).countsEvents = true;
  });
}

/**
 * Somebody asks for a permit while there are more than when others took theirs: whoever has one may have made room for this. What
 * the old limit says of them is not true, and what the new one will be nobody knows.
 */
export function outgrow(object: TrackedObject | null): void {
  countEvent(object);
}

/** Somebody asks for the event: whoever is heading for it counts from here. */
export function request(object: TrackedObject | null): void {
  if (object !== null) guarded((session) => session.request(known(session, object)));
}

/** The event happens in the calling context. */
export function event(object: TrackedObject | null, how: How): void {
  if (object !== null) guarded((session) => session.event(known(session, object), how));
}

/** Nobody asks for the event any more. */
export function withdraw(object: TrackedObject | null): void {
  if (object !== null) guarded((session) => session.withdraw(known(session, object)));
}

/** What is owed passes to another context. */
export function handover(held: EventContext | null, to: Context): void {
  if (held !== null) guarded((session) => session.handover(held, to), keeperOf(held.object));
}

/** What is owed changes its mode (downgrade). */
export function modify(held: EventContext | null, how: How): EventContext | null {
  return held === null ? null : guarded((session) => session.modify(held, how), keeperOf(held.object));
}

/** Interrupts of this type become possible or impossible in the calling context. */
export function setIrq(irq: IrqType, enabled: boolean): void {
  guarded((session) => session.setIrq(irq, enabled));
}

export function init(object: TrackedObject | null): void {
  if (object !== null) guarded((session) => session.init(known(session, object)));
}

export function destroy(object: TrackedObject | null): void {
  if (object !== null) guarded((session) => session.destroy(known(session, object)));
}

/** Tells observers of a misuse; the primitive still throws its own error at the call site. */
export function misuse(kind: MisuseKind, object: TrackedObject | null, message: string): void {
  guarded((session) => session.misuse({ kind, object: object === null ? null : known(session, object), message }));
}
