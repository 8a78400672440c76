import type { Claim } from '../shapes/claim.ts';
import { type FiberState, runningFiber } from './effect-fibers.ts';

/** Permits that one fiber asks for, from the moment its effect is run until it has them or is interrupted. */
export class EffectTake {
  readonly #claim: Claim;
  readonly #fiber: FiberState;
  readonly #watch: object;
  readonly #mayBeSignalled: boolean;
  #state: 'asking' | 'asleep' | 'woken' | 'told' | 'granted' | 'over' = 'asking';

  /** @param mayBeSignalled whether others may give back what this fiber has: it does not stop that by waiting */
  constructor(claim: Claim, fiber: FiberState, watch: object, mayBeSignalled: boolean) {
    this.#claim = claim;
    this.#fiber = fiber;
    this.#watch = watch;
    this.#mayBeSignalled = mayBeSignalled;
  }

  /** True while it is one of this semaphore, and not over. */
  isFor(watch: object): boolean {
    return this.#watch === watch && this.#claim.pending;
  }

  /** True between the moment in which others let it look again and the one in which its fiber is told so. */
  get isWoken(): boolean {
    return this.#state === 'woken' || this.#state === 'granted';
  }

  /** True while it stands in line; since 4.0 until it has the permits, however often it is woken. */
  get isAsleep(): boolean {
    return this.#state === 'asleep';
  }

  sleeps(): void {
    this.#state = 'asleep';
    if (this.#mayBeSignalled) this.#claim.queue();
    else this.#claim.sleep();
  }

  /** It stands in line no more: it may look again, or its own fiber gives up. */
  leavesLine(): void {
    if (runningFiber() === this.#fiber) this.abandon();
    else this.#state = 'woken';
  }

  /** It has the permits now, from its own hands or from those of whoever gave them back. */
  grant(): void {
    this.#claim.grant();
    this.#state = 'granted';
    if (runningFiber() === this.#fiber) this.goesOn();
  }

  /** Its fiber has been told to go on. */
  told(): void {
    if (this.#state === 'woken') this.#state = 'told';
  }

  /** Its fiber goes on. */
  goesOn(): void {
    if (this.#state !== 'granted') return;
    this.#claim.adopt();
    this.#state = 'over';
    this.#fiber.take = null;
  }

  /** Its fiber went on: one that has neither taken anything nor fallen asleep again was interrupted. */
  wentOn(): void {
    if (this.#state === 'told') this.abandon();
  }

  abandon(): void {
    if (this.#state === 'over' || this.#state === 'granted') return;
    this.#claim.refuse();
    this.#state = 'over';
    this.#fiber.take = null;
  }

  /** It looks at the permits again and may have to sleep again. */
  asksAgain(): void {
    this.#state = 'asking';
  }
}
