import type { EventEmitter } from 'node:events';
import type { Stack } from '../../src/core/stack.ts';
import { OwnWeakRef } from '../own-weak-ref.ts';
import { asyncStackOf, asyncStackThrough } from '../stacks/async-stack.ts';
import { CapturedStack } from '../stacks/stacks.ts';
import { settlesPromise } from './settles-promise.ts';

/** An event that is waited for through a promise. */
interface Once {
  readonly event: string | symbol;
  readonly promise: WeakRef<object>;
}

/** Where the program awaits an event: a promise that a listener settles is followed to the functions that await it. */
export class AwaitedEvents {
  readonly #maxFrames: number;
  /** The newest one of each emitter that `events.once` was asked for, whose listener does not show its promise. */
  readonly #once = new WeakMap<object, Once>();

  constructor(maxFrames: number) {
    this.#maxFrames = maxFrames;
  }

  /** A promise of `events.once`. */
  once(emitter: object, event: string | symbol, promise: object): void {
    this.#once.set(emitter, { event, promise: new OwnWeakRef(promise) });
  }

  /** @param told in a microtask; at once, of null, when nobody listens through a promise */
  placeOf(emitter: EventEmitter, event: string, told: (place: Stack | null) => void): void {
    const toldOf = (stack: string): void => told(this.#placeIn(stack));
    const once = this.#once.get(emitter);
    const promise = once?.event === event ? once.promise.deref() : undefined;
    if (promise !== undefined) {
      asyncStackOf(promise, this.#maxFrames, toldOf);
      return;
    }
    const settle = emitter.listeners(event).find(settlesPromise);
    if (settle === undefined) told(null);
    else asyncStackThrough(settle as (value: unknown) => void, this.#maxFrames, toldOf);
  }

  #placeIn(stack: string): Stack | null {
    const place = new CapturedStack({ stack, maxFrames: this.#maxFrames });
    return place.frames.length === 0 ? null : place;
  }
}
