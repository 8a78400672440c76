// How the known deadlocks are told: contexts that take things in turns, one after the other, so that nothing hangs.
import assert from 'node:assert/strict';
import { DmaFence } from '../../../src/models/dma-buf/fence.ts';
import { MAX_SCHEDULE_TIMEOUT } from '../../../src/models/jiffies.ts';
import { KernelCompletion } from '../../../src/sync/kernel-completion.ts';
import { KernelMutex } from '../../../src/sync/kernel-mutex.ts';
import type { World } from '../../../src/sync/world.ts';
import { inKernel, type StageOptions } from '../stage.ts';
import { MOCK_NAMES } from './fence-fixtures.ts';
import type { KernelCase } from './kernel-case.ts';

/** Something a context does; those of one context follow each other. */
export type Step = () => Promise<void>;

/** Holds a mutex around the steps. */
export const under =
  (lock: KernelMutex, ...inner: readonly Step[]): Step =>
  async () => {
    await lock.lock();
    for (const step of inner) await step();
    lock.unlock();
  };

/** Takes a mutex and gives it back. */
export const takes = (lock: KernelMutex): Step => under(lock);

export const mutex = (name: string): KernelMutex => new KernelMutex({ name });

/** An event that has happened before: a wait for it does not sleep, but it is a wait. */
export function happened(name: string): KernelCompletion {
  const event = new KernelCompletion({ name });
  event.completeAll();
  return event;
}

/** Owes an event while the steps run, then triggers it. */
export const owing =
  (event: KernelCompletion, ...inner: readonly Step[]): Step =>
  async () => {
    const owed = event.owe();
    for (const step of inner) await step();
    event.complete();
    owed[Symbol.dispose]();
  };

export const awaits =
  (event: KernelCompletion): Step =>
  () =>
    event.wait();

/** Fences of one class. */
export class Fences {
  readonly #map: string;
  #seqno = 0;

  constructor(map: string) {
    this.#map = map;
  }

  make(): DmaFence {
    return new DmaFence(MOCK_NAMES, null, 1, ++this.#seqno, { map: this.#map });
  }

  /** Publishes a fence, runs the steps on the way to its signal, and signals it. */
  signals(...inner: readonly Step[]): Step {
    return async () => {
      const fence = this.make();
      fence.owe();
      for (const step of inner) await step();
      await fence.signal();
    };
  }

  /** Waits for a fence that is signaled already: it might not have been. */
  waits(timeout: number = MAX_SCHEDULE_TIMEOUT): Step {
    return async () => {
      const fence = this.make();
      await fence.signal();
      assert.ok((await fence.waitTimeout(false, timeout)) > 0);
    };
  }
}

/** One context after the other, each in a task of its own. */
export function inTurns(contexts: Readonly<Record<string, Step>>): (world: World) => void {
  return (world) => {
    Object.entries(contexts).forEach(([name, step], turn) => {
      world.task(name, async () => {
        await world.sleep(turn + 1);
        await step();
      });
    });
  };
}

/** A deadlock that DEPT predicts: exactly one circle, of these classes. */
export function circle(
  id: string,
  title: string,
  classes: readonly string[],
  build: (world: World) => void,
  options: StageOptions = {},
): KernelCase {
  return {
    id,
    title,
    fixed: async () => {
      const run = await inKernel(build, options);
      assert.deepEqual(run.circles(), [[...classes].sort().join(' ')]);
    },
  };
}

/** Something that looks like a deadlock and is none. */
export function none(id: string, title: string, build: (world: World) => void, options: StageOptions = {}): KernelCase {
  return {
    id,
    title,
    fixed: async () => {
      const run = await inKernel(build, options);
      assert.deepEqual(run.circles(), []);
    },
  };
}
