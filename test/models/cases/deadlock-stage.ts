// How the known deadlocks are told: contexts that take things in turns, one after the other, so that nothing hangs.
import assert from 'node:assert/strict';
import { DmaFence } from '../../../src/models/dma-buf/fence.ts';
import type { DmaResv } from '../../../src/models/dma-buf/resv.ts';
import type { DrmExecObject } from '../../../src/models/drm/exec.ts';
import { MAX_SCHEDULE_TIMEOUT } from '../../../src/models/jiffies.ts';
import { fsReclaimAcquire, fsReclaimRelease, mightAlloc } from '../../../src/models/mm/reclaim.ts';
import { KernelCompletion } from '../../../src/sync/kernel-completion.ts';
import { KernelMutex } from '../../../src/sync/kernel-mutex.ts';
import type { RwSemaphore } from '../../../src/sync/rwsem.ts';
import type { World } from '../../../src/sync/world.ts';
import { inKernel, type StageOptions } from '../stage.ts';
import { MOCK_NAMES } from './fence-fixtures.ts';
import type { KernelCase } from './kernel-case.ts';

/** Something a context does; those of one context follow each other. */
export type Step = () => Promise<void>;

/** A mutex, or a reservation without an acquire context. */
interface Lockable {
  lock(): Promise<unknown>;
  unlock(): void;
}

/** Holds a lock around the steps. */
export const under =
  (lock: Lockable, ...inner: readonly Step[]): Step =>
  async () => {
    await lock.lock();
    for (const step of inner) await step();
    lock.unlock();
  };

/** Takes a lock and gives it back. */
export const takes = (lock: Lockable): Step => under(lock);

/** Reads under an rwsem while the steps run. */
export const reading =
  (lock: RwSemaphore, ...inner: readonly Step[]): Step =>
  async () => {
    await lock.downRead();
    for (const step of inner) await step();
    lock.upRead();
  };

/** Holds an rwsem for writing while the steps run. */
export const writing =
  (lock: RwSemaphore, ...inner: readonly Step[]): Step =>
  async () => {
    await lock.downWrite();
    for (const step of inner) await step();
    lock.upWrite();
  };

/** Reclaims memory, with the steps as shrinkers. */
export const reclaiming =
  (...inner: readonly Step[]): Step =>
  async () => {
    fsReclaimAcquire();
    for (const step of inner) await step();
    fsReclaimRelease();
  };

/** Allocates memory, which may have to be reclaimed first. */
export const allocates: Step = () => Promise.resolve(mightAlloc('GFP_KERNEL'));

export const mutex = (name: string): KernelMutex => new KernelMutex({ name });

/** An object that nobody counts references of. */
export const objectOf = (resv: DmaResv): DrmExecObject => ({ resv, get: () => undefined, put: () => undefined });

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
