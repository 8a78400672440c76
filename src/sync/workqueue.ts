import { defineHow } from '../core/how.ts';
import type { Wait } from '../core/wait.ts';
import { whenAllEnded } from './ending.ts';
import { Handle, type Identity } from './handle.ts';
import { enter, exit, granted, misuse, wait, waited } from './hooks.ts';
import { mightSleep, misused } from './misused.ts';
import { runtime, type Thread } from './runtime.ts';
import { Sleepers } from './sleepers.ts';
import { type Work, WorkInstance } from './work.ts';

const RUN_WORK = defineHow({ startLabel: 'process_one_work', waitLabel: 'flush_work', eventLabel: 'work_end' });
const TURN = defineHow({ ...RUN_WORK, waitLabel: 'queue_work' });
const FLUSH_QUEUE = defineHow({ ...RUN_WORK, waitLabel: 'flush_workqueue' });

/** Which workqueue a simulated worker runs for. */
const queueOf = new WeakMap<Thread, Workqueue>();

export interface WorkqueueOptions extends Identity {
  /** Work items run at a time; 1 is an ordered workqueue. */
  readonly maxActive?: number;
  /** `WQ_MEM_RECLAIM`: must make progress under memory pressure, so it must not wait for a queue without this flag. */
  readonly memReclaim?: boolean;
}

/** `struct workqueue_struct`: runs work items, each in a context of its own. */
export class Workqueue {
  readonly maxActive: number;
  readonly memReclaim: boolean;
  readonly #handle: Handle;
  readonly #queued: WorkInstance[] = [];
  readonly #active = new Set<WorkInstance>();
  #destroyed = false;

  constructor(options: WorkqueueOptions = {}) {
    const { maxActive = 256, memReclaim = false, ...identity } = options;
    this.maxActive = maxActive;
    this.memReclaim = memReclaim;
    this.#handle = new Handle('workqueue', identity);
  }

  get name(): string {
    return this.#handle.name;
  }

  /** `queue_work`. @returns false when it is pending already, or being cancelled */
  queue(work: Work): boolean {
    this.#checkAlive('queue_work');
    if (work.pending !== null || work.cancelling > 0 || work.cancelTimer !== null) return false;
    this.#insert(work);
    return true;
  }

  /** `queue_delayed_work`. @returns false when it is pending already, or being cancelled */
  queueDelayed(work: Work, delayMs: number): boolean {
    this.#checkAlive('queue_delayed_work');
    if (work.pending !== null || work.cancelling > 0 || work.cancelTimer !== null) return false;
    const cancel = runtime().timer(() => {
      work.cancelTimer = null;
      this.#insert(work);
    }, delayMs);
    work.cancelTimer = cancel;
    return true;
  }

  /** `flush_work`: waits until the instance queued last has ended. @returns false when it was idle */
  async flushWork(work: Work): Promise<boolean> {
    const last = work.pending ?? work.running;
    await this.#flush(work, last);
    return last !== null;
  }

  /** `cancel_work`: takes back what is pending. @returns true when something was */
  cancelWork(work: Work): boolean {
    const delayed = work.cancelTimer !== null;
    work.cancelTimer?.();
    work.cancelTimer = null;
    const pending = work.pending;
    if (pending === null) return delayed;
    pending.cancelled = true;
    work.pending = null;
    const index = this.#queued.indexOf(pending);
    if (index >= 0) this.#queued.splice(index, 1);
    // Its thread may have been started and not have run yet: it has nothing left to do, so nobody waits for it.
    this.#active.delete(pending);
    pending.end();
    return true;
  }

  /** `cancel_work_sync`: takes back what is pending and waits for what runs. @returns true when something was pending */
  async cancelWorkSync(work: Work): Promise<boolean> {
    const cancelled = this.cancelWork(work);
    work.cancelling++;
    try {
      await this.#flush(work, work.running);
    } finally {
      work.cancelling--;
    }
    return cancelled;
  }

  /** `flush_workqueue`: waits for everything queued until now. */
  async flush(): Promise<void> {
    mightSleep('flush_workqueue', this.#handle);
    this.#checkReclaim('flush_workqueue');
    const begun = wait(this.#handle.object, FLUSH_QUEUE);
    await this.#untilEnded([...this.#queued, ...this.#active], this.#handle, 'flush_workqueue', begun, null);
  }

  /** `drain_workqueue`: flushes until nothing is queued any more, what work items queue included. */
  async drain(): Promise<void> {
    do await this.flush();
    while (this.#queued.length + this.#active.size > 0);
  }

  /** `destroy_workqueue`: drains it; no use is allowed afterwards. */
  async destroy(): Promise<void> {
    await this.drain();
    this.#destroyed = true;
  }

  #insert(work: Work): void {
    const instance = new WorkInstance(work);
    work.pending = instance;
    this.#queued.push(instance);
    this.#pump();
  }

  #pump(): void {
    while (this.#active.size < this.maxActive) {
      const index = this.#queued.findIndex(({ work }) => work.running === null && !this.#starting(work));
      const [next] = index < 0 ? [] : this.#queued.splice(index, 1);
      if (next === undefined) return;
      this.#active.add(next);
      runtime().spawn(next.work.name, 'work', () => this.#run(next));
    }
  }

  #starting(work: Work): boolean {
    for (const active of this.#active) if (active.work === work) return true;
    return false;
  }

  async #run(instance: WorkInstance): Promise<void> {
    const { work } = instance;
    if (!instance.cancelled) await this.#execute(instance);
    this.#active.delete(instance);
    if (work.running === instance) work.running = null;
    this.#pump();
  }

  async #execute(instance: WorkInstance): Promise<void> {
    const { work } = instance;
    work.pending = null;
    work.running = instance;
    const { thread } = runtime();
    if (thread !== null) queueOf.set(thread, this);
    // An item of an ordered queue could not begin before the one in front of it had ended.
    const isOrdered = this.maxActive === 1;
    const queueHeld = isOrdered ? granted(wait(this.#handle.object, TURN)) : enter(this.#handle.object, RUN_WORK);
    const held = enter(work.handle.object, RUN_WORK);
    try {
      await work.body();
    } finally {
      exit(held);
      exit(queueHeld);
      work.running = null;
      this.#active.delete(instance);
      instance.end();
      this.#pump();
    }
  }

  async #flush(work: Work, last: WorkInstance | null): Promise<void> {
    mightSleep('flush_work', work.handle);
    this.#checkReclaim('flush_work');
    // Only in an ordered queue does the end of one item need the end of those in front of it (start_flush_work).
    const queueWait = this.maxActive === 1 ? wait(this.#handle.object, RUN_WORK) : null;
    const begun = wait(work.handle.object, RUN_WORK);
    await this.#untilEnded(last === null ? [] : [last], work.handle, 'flush_work', begun, queueWait);
  }

  async #untilEnded(
    instances: readonly WorkInstance[],
    handle: Handle,
    operation: string,
    begun: Wait | null,
    also: Wait | null,
  ): Promise<void> {
    const sleepers = new Sleepers<void>(handle);
    let ended = false;
    whenAllEnded(instances, () => {
      ended = true;
      waited(also);
      if (!sleepers.wakeOne()) waited(begun);
    });
    if (!ended) await sleepers.sleep({ begun, operation, options: null, refused: () => undefined });
  }

  #checkReclaim(operation: string): void {
    const { thread } = runtime();
    const from = thread === null ? undefined : queueOf.get(thread);
    if (from?.memReclaim !== true || this.memReclaim) return;
    const message = `workqueue: WQ_MEM_RECLAIM ${from.name} is flushing !WQ_MEM_RECLAIM ${this.name} (${operation})`;
    misuse('workqueue-reclaim', this.#handle.object, message);
  }

  #checkAlive(operation: string): void {
    if (!this.#destroyed) return;
    throw misused(
      'use-after-destroy',
      'ERR_DEPT_DESTROYED',
      this.#handle,
      `${operation}(${this.name}) after it was destroyed. Stop what queues work before you destroy the queue.`,
    );
  }
}
