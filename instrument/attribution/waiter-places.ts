import { types } from 'node:util';
import type { Session } from '../../src/core/session.ts';
import type { Stack } from '../../src/core/stack.ts';
import type { Wait } from '../../src/core/wait.ts';
import { failed } from '../../src/sync/hooks.ts';
import { asyncStackOf } from '../stacks/async-stack.ts';
import { captureStack, stackOf } from '../stacks/capture-stack.ts';
import { CapturedStack } from '../stacks/stacks.ts';

// Taken before anything is patched.
const { nextTick } = process;
const { then } = Promise.prototype;
const settled = Promise.resolve();

/** Waits of one turn that are looked at. */
const MAX_EXPECTED = 64;
/** Promises that are made after one of them, of which it is asked who made them. */
const MAX_TRIES = 8;
/** Promises of one turn of which that is asked: code may make millions before its turn ends. */
const MAX_LOOKS = 512;

interface Expected {
  readonly promise: object;
  readonly wait: Wait;
  tries: number;
}

/**
 * Where the program waits, for waits whose stack has nothing of the program: a pool that a query builder or an ORM asks in a
 * reaction of its own. When the turn has ended, or the library goes on with what it got, the program awaits what the library
 * gave it, and the engine can tell where. Only stacks that were captured, so only where something new may be learnt.
 */
export class WaiterPlaces {
  /** True while `look` is to be called. A field: it is asked for each promise. */
  isLooking = false;
  readonly #maxFrames: number;
  #expected: Expected[] = [];
  #looks = 0;

  constructor(maxFrames: number) {
    this.#maxFrames = maxFrames;
  }

  /** The waiter will await this promise. */
  expect(promise: object, wait: Wait): void {
    if (this.#expected.length >= MAX_EXPECTED || !types.isPromise(promise)) return;
    if (this.#expected.length === 0) nextTick(afterMicrotasks, () => this.#endTurn());
    this.isLooking = this.#looks < MAX_LOOKS;
    this.#expected.push({ promise, wait, tries: 0 });
  }

  /** The code that runs now makes a promise: it may be what goes on after one of the waits. */
  look(session: Session): void {
    if (++this.#looks >= MAX_LOOKS) this.isLooking = false;
    for (const expected of this.#expected) {
      const { wait } = expected;
      if (wait.pending || expected.tries >= MAX_TRIES || session.heldBy(wait.object)?.wait !== wait) continue;
      expected.tries++;
      const { stack } = wait;
      if (!isForeign(stack)) expected.tries = MAX_TRIES;
      else {
        const holder: { stack?: string } = {};
        captureStack(holder, this.look, this.#maxFrames);
        stack.awaitedIn(stackOf(holder));
      }
    }
  }

  #endTurn(): void {
    const expected = this.#expected;
    this.#expected = [];
    this.#looks = 0;
    this.isLooking = false;
    try {
      for (const { promise, wait } of expected) {
        const { stack } = wait;
        if (wait.pending && isForeign(stack)) {
          asyncStackOf(promise, this.#maxFrames, (text) => stack.awaitedIn(text));
        }
      }
    } catch (fault) {
      failed(fault);
    }
  }
}

/** Not in the code that runs now: a promise made there would be one of its own. */
function afterMicrotasks(run: () => void): void {
  void Reflect.apply(then, settled, [() => nextTick(run)]);
}

function isForeign(stack: Stack | null): stack is CapturedStack {
  return stack instanceof CapturedStack && stack.isForeign;
}
