import { runtime } from '../sync/runtime.ts';
import { World } from '../sync/world.ts';

/**
 * `struct irq_work`: runs a function soon, in hard interrupt context and in a context of its own. What may not be done
 * under a lock is put off to it.
 */
export class IrqWork {
  readonly #name: string;
  readonly #body: () => Promise<void> | void;
  #pending = false;

  constructor(name: string, body: () => Promise<void> | void) {
    this.#name = name;
    this.#body = body;
  }

  /** `irq_work_is_pending` */
  get isPending(): boolean {
    return this.#pending;
  }

  /** `irq_work_queue`. @returns false when it is queued already */
  queue(): boolean {
    if (this.#pending) return false;
    this.#pending = true;
    const run = async (): Promise<void> => {
      this.#pending = false;
      await this.#body();
    };
    const world = runtime();
    if (world instanceof World) world.task(this.#name, run, { kind: 'hardirq' });
    else world.spawn(this.#name, 'softirq', run);
    return true;
  }
}
