import { optionOf } from '../patches/passed-options.ts';
import { replaced } from '../patches/replaced.ts';

interface SignalMakers {
  timeout(...args: unknown[]): AbortSignal;
  any(...args: unknown[]): AbortSignal;
}

/** After how many milliseconds a signal aborts by itself. */
const timeouts = new WeakMap<object, number>();

/** Notes the signals that abort by themselves, and those that follow one of these. @returns what restores the originals */
export function watchSignalTimeouts(): () => void {
  const makers = AbortSignal as unknown as SignalMakers;
  const undo = [
    noting(makers, 'timeout', ([ms]) => (typeof ms === 'number' ? ms : undefined)),
    noting(makers, 'any', ([signals]) => {
      // Anything else that can be iterated, can be so only once.
      const all = Array.isArray(signals) ? signals.map(signalTimeout).filter((ms) => ms !== undefined) : [];
      return all.length === 0 ? undefined : Math.min(...all);
    }),
  ];
  return () => {
    for (const restore of undo.reverse()) restore();
  };
}

/** After how many milliseconds the signal aborts by itself, from when it was made; undefined where that is not known. */
export function signalTimeout(signal: unknown): number | undefined {
  return timeouts.get(signal as object);
}

/** True for the reason of such a signal: who waited has given up by himself. */
export function isTimeout(reason: unknown): boolean {
  return optionOf(reason, 'name') === 'TimeoutError';
}

function noting(
  makers: SignalMakers,
  name: keyof SignalMakers,
  timeoutOf: (args: readonly unknown[]) => number | undefined,
): () => void {
  if (typeof makers[name] !== 'function') return () => undefined;
  return replaced(makers, name, (original) => {
    return {
      make(this: unknown, ...args: unknown[]): AbortSignal {
        const signal = Reflect.apply(original, this, args as never) as AbortSignal;
        const timeout = timeoutOf(args);
        if (timeout !== undefined) timeouts.set(signal, timeout);
        return signal;
      },
    }.make;
  });
}
