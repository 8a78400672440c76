/** Signals by which people and supervisors end a program that hangs. */
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

export type FatalSignal = (typeof SIGNALS)[number];

/** Told of a signal before the program is; `isHandled` when the program has a listener of its own. */
export type OnFatalSignal = (signal: FatalSignal, isHandled: boolean) => void;

/**
 * Hears of the signals that end the program, without being seen: a signal has no listener more than before (signal-exit
 * counts them), the program's own listeners run as ever, and a signal without any still ends it as it always did. While
 * armed, a signal without a listener is only noticed when the event loop turns; so arm only a program whose loop turns
 * and that has something to tell.
 *
 * Signals whose first listener is older than this object are not heard.
 */
export class FatalSignals {
  readonly #onSignal: OnFatalSignal;
  /** Signals that Node gives to us before it emits them. */
  readonly #watched = new Set<FatalSignal>();
  #isArmed = false;

  constructor(onSignal: OnFatalSignal) {
    this.#onSignal = onSignal;
    // Node listens to the system from the first listener of a signal to its last, and looks at these events to know.
    const emitter: NodeJS.EventEmitter = process;
    emitter.prependListener('newListener', (name: string | symbol) => {
      if (isFatal(name) && process.listenerCount(name) === 0) this.#watch(name);
    });
    emitter.on('removeListener', (name: string | symbol) => {
      if (!isFatal(name) || process.listenerCount(name) > 0) return;
      this.#watched.delete(name);
      if (this.#isArmed) this.#watch(name);
    });
  }

  /** No more than once has an effect until `disarm`. */
  arm(): void {
    if (this.#isArmed) return;
    this.#isArmed = true;
    for (const signal of SIGNALS) if (process.listenerCount(signal) === 0) this.#watch(signal);
  }

  disarm(): void {
    if (!this.#isArmed) return;
    this.#isArmed = false;
    for (const signal of SIGNALS) if (process.listenerCount(signal) === 0) unwatch(signal);
  }

  /** Node asks the system for a signal at its first listener, and then emits through the `emit` it found at that time. */
  #watch(signal: FatalSignal): void {
    if (this.#watched.has(signal)) return;
    this.#watched.add(signal);
    const own = Object.getOwnPropertyDescriptor(process, 'emit');
    const emit = process.emit as (...args: unknown[]) => boolean;
    const heard = (...args: unknown[]): boolean => {
      const isHandled = process.listenerCount(signal) > 0;
      if (args[0] === signal && this.#isArmed) this.#tell(signal, isHandled);
      const isWanted = args[0] !== signal || isHandled;
      if (isWanted) return Reflect.apply(emit, process, args) as boolean;
      // Or it would be watched again.
      this.#isArmed = false;
      unwatch(signal);
      process.kill(process.pid, signal);
      return true;
    };
    Object.defineProperty(process, 'emit', { value: heard, configurable: true, writable: true, enumerable: true });
    try {
      process.on(signal, nothing);
    } finally {
      if (own === undefined) Reflect.deleteProperty(process, 'emit');
      else Object.defineProperty(process, 'emit', own);
    }
    withoutRemoval(() => process.off(signal, nothing));
  }

  #tell(signal: FatalSignal, isHandled: boolean): void {
    try {
      this.#onSignal(signal, isHandled);
    } catch {
      // Whatever is wrong with the report, the program must get its signal.
    }
  }
}

function isFatal(name: string | symbol): name is FatalSignal {
  return (SIGNALS as readonly (string | symbol)[]).includes(name);
}

function nothing(): void {}

/** Gives the signal back to the system: Node does so when the last listener goes. */
function unwatch(signal: FatalSignal): void {
  process.on(signal, nothing);
  process.off(signal, nothing);
}

/** Takes a listener off without Node noticing, so that it keeps listening to the system. */
function withoutRemoval(remove: () => void): void {
  const observers = process.rawListeners('removeListener') as ((...args: unknown[]) => void)[];
  for (const observer of observers) process.off('removeListener', observer);
  remove();
  for (const observer of observers) process.on('removeListener', observer);
}
