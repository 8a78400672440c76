/** Signals by which people and supervisors end a program that hangs. */
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

export type FatalSignal = (typeof SIGNALS)[number];

/**
 * Hears of the signals that end the program, without being seen: the program has no listener more than before, its own
 * listeners run as ever, and a signal without any still ends it as it always did. While armed, a signal is only noticed
 * when the event loop turns; so arm only a program whose loop turns and that has something to tell.
 */
export class FatalSignals {
  readonly #onSignal: (signal: FatalSignal) => void;
  #isArmed = false;

  constructor(onSignal: (signal: FatalSignal) => void) {
    this.#onSignal = onSignal;
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
    const own = Object.getOwnPropertyDescriptor(process, 'emit');
    const emit = process.emit as (...args: unknown[]) => boolean;
    const heard = (...args: unknown[]): boolean => {
      if (args[0] === signal && this.#isArmed) this.#onSignal(signal);
      const isWanted = args[0] !== signal || process.listenerCount(signal) > 0;
      if (isWanted) return Reflect.apply(emit, process, args) as boolean;
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
