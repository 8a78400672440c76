import type { EventContext } from '../../src/core/event-context.ts';
import { Fiber } from '../../src/core/fiber.ts';
import type { Stack } from '../../src/core/stack.ts';
import { isThenable } from '../../src/core/thenable.ts';
import type { TrackedObject } from '../../src/core/tracked-object.ts';
import type { How, HowMuch, Outcome } from '../../src/core/vocabulary.ts';
import type { Wait } from '../../src/core/wait.ts';
import * as hooks from '../../src/sync/hooks.ts';
import type { Callable } from '../libraries/adapter.ts';
import { applied } from '../patches/applied.ts';
import { standIn } from '../patches/stand-in.ts';
import { endedWith } from './ended-with.ts';
import { endingWith, untilSettled } from './settled-result.ts';

/**
 * One claim to a permit, a slot or a resource of a library: from the call that asks for it, over the moment it is granted,
 * to the moment it is given back. Every adapter speaks through it. When nothing is installed it does nothing.
 */
export class Claim {
  readonly #wait: Wait | null;
  #held: EventContext | null = null;
  /** What is to be given back; only a look at the heap asks for it. */
  lent: object | null = null;
  /** What the library calls when the task is done that it was asked for; only a look at the heap asks for it, too. */
  called: object | null = null;
  #onEnd: (() => void) | null = null;
  /** Claims that are served together with this one. */
  #company: readonly Claim[] = [];

  /** The calling context asks for it now; what is a trylock has it already. */
  constructor(object: TrackedObject | null, how: How, more: HowMuch | null = null) {
    this.#wait = how.trylock ? null : hooks.wait(object, how, more);
    if (how.trylock) this.#held = hooks.enter(object, how, more);
  }

  /** True until it is granted or refused; false when nothing is installed. */
  get pending(): boolean {
    return this.#wait?.pending === true;
  }

  /** The caller has to wait for it. */
  sleep(): void {
    if (this.#wait?.isAwake === true) hooks.blocked(this.#wait);
  }

  /** Where the program said that it will be asked for, when nothing of the program is on the stack of now. */
  askedAt(stack: Stack): void {
    if (this.#wait !== null) this.#wait.stack = stack;
  }

  /** It was asked for where the other one was; what is held already keeps the place where it began. */
  askedWith(other: Claim): void {
    const stack = other.#wait?.stack ?? null;
    if (stack !== null) this.askedAt(stack);
  }

  /** It stands in a queue; whether anybody sleeps for it is not known. */
  queue(): void {
    if (this.#wait?.isAwake === true) hooks.queued(this.#wait);
  }

  /** It is granted now; call where that happens, in the code that gave it back, not where the waiter goes on. */
  grant(): void {
    if (this.#held === null) this.#held = hooks.granted(this.#wait);
  }

  /** The wait for something that nobody holds is over: all is done, the queue is empty. */
  fire(): void {
    hooks.waited(this.#wait);
  }

  /** It will not be granted any more. */
  refuse(outcome: Outcome = 'cancelled'): void {
    hooks.waited(this.#wait, outcome);
    for (const other of this.#company) other.refuse(outcome);
  }

  /** It is given back in the calling context. */
  release(): void {
    const held = this.#held;
    this.#held = null;
    hooks.exit(held);
  }

  /** It is free again, whatever its holder does: nobody gives it back. */
  drop(): void {
    const session = hooks.activeSession();
    if (this.#held !== null && session !== null) hooks.stretch(new Fiber(session), () => this.release());
  }

  /** Its time is over: it is taken from a task that goes on without it. */
  expire(): void {
    this.#onEnd?.();
    this.#onEnd = null;
    this.drop();
  }

  /** What is given to the caller when it is granted. */
  bind<P extends object>(promise: P): P {
    return hooks.bind(promise, this.#wait);
  }

  /** What is given to the caller when the task is done that waits for its turn. */
  follow<P extends object>(promise: P): P {
    return hooks.follow(promise, this.#wait);
  }

  /** What is given to the caller when the tasks of all these claims are done. */
  static followAll<P extends object>(promise: P, claims: readonly Claim[]): P {
    return hooks.followAll(
      promise,
      claims.map((claim) => claim.#wait),
    );
  }

  /** Whoever goes on after the wait does so after what the code that runs now has behind it. */
  extend(): void {
    hooks.extend(this.#wait);
  }

  /** Runs a callback as what goes on after the wait, whoever calls it. */
  resume<T>(run: () => T): T {
    return hooks.resume(this.#wait, run);
  }

  /** As `grantedBy`, for a promise of something else: what `lend` makes of what was granted. */
  granting<T>(promise: PromiseLike<unknown>, lend: (value: unknown) => T): Promise<T> {
    const lent = Promise.resolve(promise).then(
      (value) => {
        this.grant();
        return lend(value);
      },
      (reason: unknown) => {
        this.refuse();
        throw reason;
      },
    );
    return this.bind(lent);
  }

  /**
   * As `grantedBy`, for a promise of a library's own kind, which no hook of the runtime sees: it is granted when it tells
   * the first who asks, and whoever it tells goes on after the wait.
   */
  grantedThrough<P extends PromiseLike<unknown>>(promise: P, onGrant: (value: unknown) => void = () => undefined): P {
    if (this.#wait === null) return promise;
    const original = promise.then;
    const telling = (callback: unknown, before: (value: unknown) => void): unknown => {
      if (typeof callback !== 'function') return callback;
      return standIn(callback, (self, args) => {
        if (this.pending) before(args[0]);
        return this.resume(() => applied(callback as Callable, self, args));
      });
    };
    const granted = (value: unknown): void => {
      onGrant(value);
      this.grant();
    };
    const value = standIn(original, (self, [ok, failed]) =>
      Reflect.apply(original, self, [telling(ok, granted), telling(failed, () => this.refuse('timed-out'))] as never),
    );
    Object.defineProperty(promise, 'then', { value, writable: true, configurable: true });
    return promise;
  }

  /**
   * What the caller gets for a task: when it is rejected before the task has begun, there will be no turn for it. Nobody
   * sees that dept listens, as on the signal that the caller gave.
   * @param onRejected told of any rejection, before it is refused
   */
  refusedBy<P extends PromiseLike<unknown>>(promise: P, onRejected?: (reason: unknown) => void): P {
    return this.#endedBy(promise, () => undefined, onRejected);
  }

  /**
   * What the caller gets for a task that others run: held, once it is granted, until that is settled. Rejected before, it
   * is refused. @param onEnd told of either
   */
  heldUntil<P extends PromiseLike<unknown>>(promise: P, onEnd: () => void): P {
    const end = (): void => {
      onEnd();
      this.#end();
    };
    return this.resume(() => this.#endedBy(promise, end, end));
  }

  /** The wait for something that nobody will hold is over when the promise is fulfilled. */
  firedBy<P extends PromiseLike<unknown>>(promise: P): P {
    return this.#endedBy(promise, () => this.fire());
  }

  /**
   * The same for what nobody is ever known to owe: whoever goes on has behind him what the code had that settled the promise.
   */
  settledBy<P extends PromiseLike<unknown>>(promise: P): P {
    return this.#endedBy(
      promise,
      () => this.fire(),
      () => undefined,
      () => Claim.followAll(promise, [this]),
    );
  }

  /**
   * It is granted when the promise is fulfilled, refused when it is rejected, or fulfilled with `false`. For libraries that
   * do not let anybody see where they grant. @param onGrant told of the value, before it is granted
   */
  grantedBy<P extends PromiseLike<unknown>>(promise: P, onGrant: (value: unknown) => void = () => undefined): P {
    return this.#endedBy(promise, (value) => {
      if (value === false) return this.refuse('timed-out');
      onGrant(value);
      this.grant();
    });
  }

  /**
   * The function to call in place of `task`: it is granted when that is called, and held until what it returns settles.
   * It has neither the name nor the length of the task: libraries do not look at them.
   * @param onBegin told when that is called
   * @param onEnd told when what it returns is settled
   */
  whileRunning<F extends Callable>(
    task: F,
    onBegin: () => void = () => undefined,
    onEnd: (() => void) | null = null,
  ): F {
    if (this.#wait === null) return task;
    this.#onEnd = onEnd;
    const claim = { of: this };
    return function run(this: unknown, ...args: unknown[]): unknown {
      return claim.of.#begin(task, this, args, onBegin);
    } as unknown as F;
  }

  /** The same for a task that says by calling its last argument that it is done. */
  untilCalledBack<F extends Callable>(
    task: F,
    onBegin: () => void = () => undefined,
    onEnd: (() => void) | null = null,
  ): F {
    if (this.#wait === null) return task;
    this.#onEnd ??= onEnd;
    const claim = { of: this };
    return standIn(task, (self, args) => {
      onBegin();
      const done = args.at(-1);
      if (typeof done === 'function') args[args.length - 1] = endingWith(done, claim.of.#ending());
      claim.of.grant();
      return claim.of.#run(task, self, args);
    });
  }

  /** The same for a task that says so by calling its last argument, or by the promise that it returns. */
  untilEitherWay<F extends Callable>(task: F, onEnd: () => void): F {
    if (this.#wait === null) return task;
    this.#onEnd = onEnd;
    return this.untilCalledBack(
      standIn(task, (self, args) => {
        const result = applied(task, self, args);
        return isThenable(result) ? untilSettled(result, () => this.#end()) : result;
      }),
    );
  }

  /** Others get what they ask for with this one, or do not. */
  accompany(others: readonly Claim[]): void {
    this.#company = others;
  }

  /** The calling code has it now, without a promise in between. */
  adopt(): void {
    hooks.adopt(this.#wait);
  }

  /** The calling code has waited for it, and goes on now. */
  goOn(): void {
    hooks.goOn(this.#wait);
  }

  /** What it was asked for is done. */
  end(): void {
    this.#end();
  }

  #begin(task: Callable, self: unknown, args: readonly unknown[], onBegin: () => void): unknown {
    onBegin();
    this.grant();
    const result = this.#run(task, self, args);
    return this.resume(() => untilSettled(result, () => this.#end()));
  }

  #run(task: Callable, self: unknown, args: readonly unknown[]): unknown {
    return this.resume(() => {
      try {
        return applied(task, self, args);
      } catch (error) {
        this.#end();
        throw error;
      }
    });
  }

  /** What the caller gets, whose fulfilment or rejection ends the wait. */
  #endedBy<P extends PromiseLike<unknown>>(
    promise: P,
    ok: (value: unknown) => void,
    onRejected: (reason: unknown) => void = () => undefined,
    tie: () => P = () => this.follow(promise),
  ): P {
    const refused = (reason: unknown): void => {
      onRejected(reason);
      this.refuse();
    };
    return endedWith(promise, this.#wait, ok, refused, tie);
  }

  /** In a scope of its own: who has what begins a task has nothing that ends it. */
  #ending(): () => void {
    return () => this.#end();
  }

  #end(): void {
    this.#onEnd?.();
    this.#onEnd = null;
    hooks.extend(this.#wait);
    for (const other of this.#company) hooks.extend(other.#wait);
    this.release();
  }
}
