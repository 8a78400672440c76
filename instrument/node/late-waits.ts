import type { EventEmitter } from 'node:events';
import { inspect } from 'node:util';
import { NEVER } from '../../src/core/ids.ts';
import type { Stack } from '../../src/core/stack.ts';
import type { Wait } from '../../src/core/wait.ts';
import * as hooks from '../../src/sync/hooks.ts';
import { callerName } from '../../src/tracker/caller-names.ts';
import { lostEventFinding } from '../../src/tracker/lost-events.ts';
import { stuckFinding } from '../../src/tracker/stuck.ts';
import { OwnWeakRef } from '../own-weak-ref.ts';
import { legible } from '../patches/passed-options.ts';
import { howOf } from '../shapes/how.ts';
import { type Emission, EmittedEvents, type Followed } from './emitted-events.ts';
import { EventAwaiters } from './event-awaiters.ts';
import { type NodeHost, observed } from './node-host.ts';
import { pastEvent } from './past-events.ts';
import type { Look } from './stall-clock.ts';
import { hasNoReader, type StreamLike } from './stream-state.ts';
import { unreadEnd } from './unread-reports.ts';

/** A wait for an event that may be past. */
interface LateWait {
  readonly emitterName: string;
  /** False once the event has come after all, or nobody can wait for it any more. */
  readonly isOpen: () => boolean;
  readonly event: string | symbol;
  readonly waitLabel: string;
  readonly stack: Stack | null;
  readonly state: string | null;
  readonly emission: Emission | null;
  /** The stream that ends only when somebody reads it, and nobody has begun to; null for other emitters. */
  readonly unread: WeakRef<StreamLike> | null;
  /** Of such a stream: sleeps once the promise is awaited. Null where it is not known which promise that is. */
  readonly wait: Wait | null;
  /**
   * The event and any error, from the moment the wait began: who waits through a promise of its own gives up on an error. None
   * for a package's own kind of emitter.
   */
  readonly followed: readonly Followed[];
  readonly awaiters: EventAwaiters;
  looks: number;
}

let current: LateWaits | null = null;

/** Waits of packages are among these from now on. @returns what ends that */
export function followPackages(waits: LateWaits): () => void {
  current = waits;
  return () => {
    if (current === waits) current = null;
  };
}

/** A package waits for an event through a promise, as long as that is wanted. */
export function waitForEvent(
  emitter: object,
  event: string | symbol,
  label: string,
  promise: Promise<unknown>,
  isWanted: () => boolean,
): void {
  current?.observe(emitter, event, label, promise, isWanted);
}

/** A wait for what a package's own kind of emitter has told nobody, and does not keep. */
export interface AfterEvent {
  readonly of: string;
  readonly event: string;
  readonly waitLabel: string;
  readonly promise: Promise<unknown>;
  readonly emission: Emission;
}

/** A package waits through a promise for an event that has happened before. */
export function waitAfterEvent(after: AfterEvent): void {
  current?.observeAfter(after);
}

/** Waits for an event through a promise, and whether the event had come before they began. */
export class LateWaits {
  readonly #host: NodeHost;
  readonly #emitted: EmittedEvents;
  readonly #waits = new Set<LateWait>();

  constructor(host: NodeHost, emitted: EmittedEvents) {
    this.#host = host;
    this.#emitted = emitted;
    host.clock.add((look) => observed(host, () => this.#look(look)) ?? false);
  }

  /** A promise of the event, as a wait that lasts until it is settled. */
  observe(
    emitter: object,
    event: string | symbol,
    waitLabel: string,
    promise: Promise<unknown>,
    isWanted: () => boolean = () => true,
  ): void {
    const isPending = pending(new OwnWeakRef(promise));
    const isOpen = (): boolean => isWanted() && isPending();
    observed(this.#host, () => this.add(emitter, event, waitLabel, isOpen, promise, () => promise));
  }

  /** A promise of an event that has happened once before, unheard. */
  observeAfter({ of: emitterName, event, waitLabel, promise, emission }: AfterEvent): void {
    if (emission.count !== 1) return;
    const isOpen = pending(new OwnWeakRef(promise));
    observed(this.#host, () =>
      this.#add({
        emitterName,
        isOpen,
        event,
        waitLabel,
        state: null,
        emission,
        unread: null,
        wait: null,
        followed: [],
        awaiters: new EventAwaiters(promise),
      }),
    );
  }

  /**
   * A wait for the event begins; it lasts while `isOpen` says so, which must keep neither side of it alive. Costs two
   * lookups where the event has not come before.
   * @param awaited the promise, or the function that settles it
   * @param promise gives what settles with the event; null where that is not known
   */
  add(
    emitter: object,
    event: string | symbol,
    waitLabel: string,
    isOpen: () => boolean,
    awaited: object,
    promise: () => object | null,
  ): void {
    // What cannot be asked for its state tells that to whoever listens.
    const state = legible(() => pastEvent(emitter, event));
    if (state === undefined) return;
    const emission = state === null ? this.#emitted.of(emitter as EventEmitter, event) : null;
    const isUnread = state === null && event === 'end' && legible(() => hasNoReader(emitter as StreamLike)) === true;
    if (state === null && emission?.count !== 1 && !isUnread) return;
    const emitterName = legible(() => emitter.constructor?.name) ?? 'emitter';
    const unread = isUnread ? new OwnWeakRef(emitter as StreamLike) : null;
    const wait = isUnread ? sleeperOf(promise(), `end of ${emitterName}`, waitLabel) : null;
    const followed = [event, 'error'].map((each) => this.#emitted.follow(emitter, each));
    const awaiters = new EventAwaiters(awaited);
    this.#add({ emitterName, isOpen, event, waitLabel, state, emission, unread, wait, followed, awaiters });
  }

  #add(wait: Omit<LateWait, 'stack' | 'looks'>): void {
    this.#waits.add({ ...wait, stack: this.#host.session.capture(), looks: 0 });
    this.#host.clock.arm();
  }

  #look(look: Look): boolean {
    // What goes on with a promise by `then` waits for it as well.
    if (look.isLast) this.#host.session.attribution.nothingLeft();
    for (const wait of this.#waits) {
      wait.looks++;
      wait.awaiters.look();
      const isOver = wait.followed.some(({ came }) => came) || !wait.isOpen() || isReadNow(wait);
      const isLost = !isOver && this.#isLost(wait, look);
      if (!isOver && !isLost) continue;
      this.#waits.delete(wait);
      for (const each of wait.followed) each.end();
      hooks.waited(wait.wait, isLost ? 'cancelled' : 'fired');
      if (isLost) this.#report(wait);
    }
    return this.#waits.size > 0;
  }

  /** An event that may be repeated is lost only when nothing is left that could emit it. */
  #isLost(wait: LateWait, look: Look): boolean {
    const { state, event, emission, unread, looks, awaiters } = wait;
    if (!look.outlasts(looks)) return false;
    if (unread !== null) return isAwaited(wait, look);
    const isPast = state !== null || look.isLast || EmittedEvents.comesOnce(event, emission ?? undefined);
    return isPast && awaiters.areThere;
  }

  #report({ emitterName, event, waitLabel, stack, emission, state, unread }: LateWait): void {
    const { session, rules, onFinding } = this.#host;
    const contextName = callerName(session.main, [stack]);
    if (unread !== null) {
      onFinding(stuckFinding(unreadEnd(emitterName, { name: contextName, stack }, waitLabel), rules, session.now));
      return;
    }
    const lost = {
      event: `${String(event)} of ${emitterName}`,
      waitLabel,
      contextName,
      waitStack: stack,
      eventStack: emission?.stack ?? null,
      state,
    };
    onFinding(lostEventFinding(lost, rules, session.now));
  }
}

/** A promise that nobody awaits may be there for whoever reads the stream later. */
function isAwaited({ wait }: LateWait, { isLast }: Look): boolean {
  return wait === null ? isLast : wait.blockedAt !== NEVER;
}

/** Sleeps once somebody awaits the promise. Not bound to it: what settles it has a history of its own. */
function sleeperOf(promise: object | null, name: string, label: string): Wait | null {
  if (promise === null || !hooks.followsPromises()) return null;
  const wait = hooks.wait(hooks.track({ kind: 'channel', name, site: null }), howOf(label, 'read'));
  void hooks.followAll(promise, [wait]);
  return wait;
}

/** Or destroyed: then reading would not bring its end. */
function isReadNow({ unread }: LateWait): boolean {
  const stream = unread?.deref();
  return stream !== undefined && (stream.destroyed === true || !hasNoReader(stream));
}

/** The only way to ask that leaves no trace: a reaction would mark a rejection as handled. */
export function pending(promise: WeakRef<Promise<unknown>>): () => boolean {
  return () => {
    const settled = promise.deref();
    return settled !== undefined && inspect(settled, { depth: 0, customInspect: false }).includes('<pending>');
  };
}
