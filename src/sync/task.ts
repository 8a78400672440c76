import type { Context, ContextKind } from '../core/context.ts';
import { IrqState, type IrqType } from '../core/irq.ts';
import type { Session } from '../core/session.ts';
import { activeSession, misuse, setIrq } from './hooks.ts';
import type { Thread } from './runtime.ts';

/** What a simulated thread runs as. */
export type TaskKind = Exclude<ContextKind, 'main' | 'async'>;

/** A level of a simulated thread: its own code, or an interrupt on top of it. */
export class Activation implements Thread {
  readonly name: string;
  readonly kind: TaskKind;
  readonly signal: AbortSignal;
  preemptCount = 0;
  bhDepth = 0;
  rcuNesting = 0;
  readonly #irqs: IrqState;
  readonly #enabled: () => void;
  #session: Session | null = null;
  #context: Context | null = null;

  /** @param enabled told when interrupts go on again, so that deferred handlers run */
  constructor(name: string, kind: TaskKind, signal: AbortSignal, enabled: () => void) {
    this.name = name;
    this.kind = kind;
    this.signal = signal;
    this.#irqs = new IrqState(kind !== 'hardirq', kind !== 'hardirq' && kind !== 'softirq');
    this.#enabled = enabled;
  }

  get interrupt(): boolean {
    return this.kind === 'hardirq' || this.kind === 'softirq';
  }

  get hardirqs(): boolean {
    return this.#irqs.hardirqs;
  }

  get softirqs(): boolean {
    return this.#irqs.softirqs;
  }

  get atomic(): boolean {
    return this.preemptCount > 0 || this.rcuNesting > 0 || !this.#irqs.hardirqs || !this.#irqs.softirqs;
  }

  /** True when an interrupt of this type may run on top. */
  allows(irq: IrqType): boolean {
    return this.#irqs.enabled(irq);
  }

  setIrq(irq: IrqType, enabled: boolean): void {
    const before = irq === 'hardirq' ? this.#irqs.hardirqs : this.#irqs.softirqs;
    if (before === enabled) return;
    this.#irqs.set(irq, enabled);
    setIrq(irq, enabled);
    if (enabled) this.#enabled();
  }

  /** The context in the attached session, made at first need; null when nobody listens. */
  get context(): Context | null {
    const session = activeSession();
    if (session === null) return null;
    if (session !== this.#session) {
      this.#session = session;
      this.#context = session.exactContext(this.name, this.kind);
    }
    return this.#context;
  }

  /** The activation is over; what it still owes nobody will ever do. */
  end(): void {
    const context = this.#context;
    const session = activeSession();
    if (context === null || session === null || session !== this.#session) return;
    context.forEachHeld((held) => {
      misuse('exit-with-held', held.object, `${this.name} ends while it holds ${held.object.label}`);
    });
    session.endContext(context);
  }
}

/** Where a simulated thread stands. */
export type TaskState = 'runnable' | 'running' | 'parked' | 'ended';

/** A simulated thread of a `World`: a kernel task, a work item, an interrupt. */
export class Task {
  readonly name: string;
  readonly kind: TaskKind;
  state: TaskState = 'runnable';
  /** What it threw; null if nothing. */
  error: unknown = null;
  /** Its own code at the bottom, interrupts on top. */
  readonly activations: Activation[] = [];
  /** What goes on when it is given the processor. Owned by the world. */
  resume: () => void = () => undefined;
  /** Where it stopped and was not woken yet. Owned by the world. */
  readonly stops: Set<{ readonly what: string }> = new Set();
  readonly #interrupts = new AbortController();

  constructor(name: string, kind: TaskKind, enabled: () => void) {
    this.name = name;
    this.kind = kind;
    this.activations.push(new Activation(name, kind, this.#interrupts.signal, enabled));
  }

  /** Aborted once the task was interrupted: the kernel's pending signal. */
  get signal(): AbortSignal {
    return this.#interrupts.signal;
  }

  /** What it waits for, as in `lock(A)`, several with commas; null while it waits for nothing. */
  get waitingFor(): string | null {
    return this.stops.size === 0 ? null : [...this.stops].map((stop) => stop.what).join(', ');
  }

  /** The level that runs. */
  get top(): Activation {
    return this.activations[this.activations.length - 1] as Activation;
  }

  /** Hook points speak for the level that runs from now on. */
  speak(): void {
    const session = activeSession();
    const context = this.top.context;
    if (session !== null && context !== null) session.current = context;
  }

  /** Sends it a signal: interruptible sleeps end with -EINTR. */
  interrupt(): void {
    this.#interrupts.abort();
  }
}
