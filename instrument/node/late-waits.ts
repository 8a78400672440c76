import type { EventEmitter } from 'node:events';
import type { Stack } from '../../src/core/stack.ts';
import { callerName } from '../../src/tracker/advice.ts';
import { lostEventFinding } from '../../src/tracker/lost-events.ts';
import { type Emission, EmittedEvents } from './emitted-events.ts';
import { type NodeHost, observed } from './node-host.ts';
import { pastEvent } from './past-events.ts';
import type { Look } from './stall-clock.ts';

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
  looks: number;
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

  /**
   * A wait for the event begins; it lasts while `isOpen` says so, which must keep neither side of it alive. Costs two
   * lookups where the event has not come before.
   */
  add(emitter: object, event: string | symbol, waitLabel: string, isOpen: () => boolean): void {
    const state = pastEvent(emitter, event);
    const emission = state === null ? this.#emitted.of(emitter as EventEmitter, event) : null;
    if (state === null && emission?.count !== 1) return;
    this.#waits.add({
      emitterName: emitter.constructor?.name ?? 'emitter',
      isOpen,
      event,
      waitLabel,
      stack: this.#host.session.capture(),
      state,
      emission,
      looks: 0,
    });
    this.#host.clock.arm();
  }

  #look(look: Look): boolean {
    for (const wait of this.#waits) {
      wait.looks++;
      if (!wait.isOpen()) this.#waits.delete(wait);
      else if (this.#isLost(wait, look)) {
        this.#waits.delete(wait);
        this.#report(wait);
      }
    }
    return this.#waits.size > 0;
  }

  /** An event that may be repeated is lost only when nothing is left that could emit it. */
  #isLost(wait: LateWait, look: Look): boolean {
    const { state, event, looks } = wait;
    if (!look.outlasts(looks)) return false;
    return state !== null || look.isLast || EmittedEvents.comesOnce(event);
  }

  #report({ emitterName, event, waitLabel, stack, emission, state }: LateWait): void {
    const { session, rules, onFinding } = this.#host;
    onFinding(
      lostEventFinding(
        {
          event: `${String(event)} of ${emitterName}`,
          waitLabel,
          contextName: callerName(session.main, [stack]),
          waitStack: stack,
          eventStack: emission?.stack ?? null,
          state,
        },
        rules,
        session.now,
      ),
    );
  }
}
