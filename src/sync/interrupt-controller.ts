import type { IrqType } from '../core/irq.ts';
import type { RunQueue } from './run-queue.ts';
import { Activation, type Task } from './task.ts';

/** What an interrupt does. It must not sleep. */
export type Handler = () => Promise<void> | void;

interface Deferred {
  readonly irq: IrqType;
  readonly task: Task;
}

/** Brings interrupts to threads: at once where they are enabled, later where they are not. */
export class InterruptController {
  readonly #runnable: RunQueue;
  readonly #make: (name: string, irq: IrqType, handler: Handler) => Task;
  /** Interrupts that wait until the thread they hit enables them. */
  readonly #deferred = new Map<Task, Deferred[]>();

  constructor(runnable: RunQueue, make: (name: string, irq: IrqType, handler: Handler) => Task) {
    this.#runnable = runnable;
    this.#make = make;
  }

  /** Interrupts `task`. @returns false when the handler was put off, and runs as a context of its own */
  raise(task: Task | null, irq: IrqType, name: string, handler: Handler): Promise<boolean> {
    if (task?.top.allows(irq) === true) return this.#onTop(task, irq, name, handler);
    const later = this.#make(name, irq, handler);
    if (task === null) this.#runnable.pushInterrupt(later);
    else this.#defer(task, { irq, task: later });
    return Promise.resolve(false);
  }

  /** The thread has enabled interrupts: what was put off may run before the next thread. */
  enabled(task: Task): void {
    const waiting = this.#deferred.get(task);
    if (waiting === undefined) return;
    const left: Deferred[] = [];
    for (const deferred of waiting) {
      if (task.top.allows(deferred.irq)) this.#runnable.pushInterrupt(deferred.task);
      else left.push(deferred);
    }
    if (left.length > 0) this.#deferred.set(task, left);
    else this.#deferred.delete(task);
  }

  #defer(task: Task, deferred: Deferred): void {
    const waiting = this.#deferred.get(task);
    if (waiting === undefined) this.#deferred.set(task, [deferred]);
    else waiting.push(deferred);
  }

  #onTop(task: Task, irq: IrqType, name: string, handler: Handler): Promise<boolean> {
    task.activations.push(new Activation(name, irq, task.signal, () => this.enabled(task)));
    task.speak();
    let handled: Promise<void> | void;
    try {
      handled = handler();
    } catch (error) {
      this.#leave(task);
      return Promise.reject(error);
    }
    if (handled instanceof Promise) return handled.finally(() => this.#leave(task)).then(() => true);
    this.#leave(task);
    return Promise.resolve(true);
  }

  #leave(task: Task): void {
    task.activations.pop()?.end();
    task.speak();
    this.enabled(task);
  }
}
