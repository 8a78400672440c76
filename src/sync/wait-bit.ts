import type { Identity } from './handle.ts';
import { runtime } from './runtime.ts';
import { WaitQueueHead } from './wait-queue.ts';

/**
 * A word of flags one can wait for (`wait_on_bit` and friends). The kernel hashes words to shared wait queues; here each
 * bit has its own, named by the word and the bit, so that unrelated bits are never one class.
 */
export class WaitBits {
  readonly #identity: Identity;
  readonly #names: readonly string[];
  readonly #queues = new Map<number, WaitQueueHead>();
  #word = 0;

  /** @param names what the bits are called, from bit 0; unnamed ones go by number */
  constructor(identity: Identity = {}, names: readonly string[] = []) {
    this.#identity = identity;
    this.#names = names;
  }

  /** `test_bit` */
  test(bit: number): boolean {
    return (this.#word & (1 << bit)) !== 0;
  }

  /** `set_bit` */
  set(bit: number): void {
    this.#word |= 1 << bit;
  }

  /** `test_and_set_bit`. @returns what it was before */
  testAndSet(bit: number): boolean {
    const before = this.test(bit);
    this.set(bit);
    return before;
  }

  /** `clear_bit`: wakes nobody. */
  clear(bit: number): void {
    this.#word &= ~(1 << bit);
  }

  /** `wake_up_bit`. Waiters look again whether the bit is clear. */
  wakeUp(bit: number): void {
    this.#queue(bit).wakeUp();
  }

  /** `clear_and_wake_up_bit` */
  clearAndWakeUp(bit: number): void {
    this.clear(bit);
    this.wakeUp(bit);
  }

  /** `wait_on_bit` until the bit is clear. @returns 0 or -ERESTARTSYS */
  waitOnBit(bit: number, signal: AbortSignal | undefined = runtime().thread?.signal): Promise<number> {
    return this.#queue(bit).waitEventInterruptible(() => !this.test(bit), signal);
  }

  /** `wait_on_bit_lock`: waits until the bit is clear and sets it. @returns 0 or -ERESTARTSYS */
  waitOnBitLock(bit: number, signal: AbortSignal | undefined = runtime().thread?.signal): Promise<number> {
    const queue = this.#queue(bit);
    return queue.waitEventInterruptible(() => !this.testAndSet(bit), signal, { exclusive: true });
  }

  #queue(bit: number): WaitQueueHead {
    const known = this.#queues.get(bit);
    if (known !== undefined) return known;
    const name = `${this.#identity.name ?? 'bits'}.${this.#names[bit] ?? bit}`;
    const queue = new WaitQueueHead({ ...this.#identity, name });
    this.#queues.set(bit, queue);
    return queue;
  }
}
