type Callback = (this: unknown, ...args: unknown[]) => unknown;
type Scheduler = (this: unknown, callback: unknown, ...rest: unknown[]) => unknown;

const GLOBAL_SCHEDULERS = ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'] as const;

/**
 * Lets callbacks of timers, microtasks and ticks run with the history of the code that registered them. Where there is
 * no history and no named context the callback is passed on untouched.
 * @returns what restores the original functions
 */
export function carryThroughTimers(carry: (callback: Callback) => Callback): () => void {
  const undo = GLOBAL_SCHEDULERS.map((name) => wrap(globalThis as never, name, carry));
  undo.push(wrap(process as never, 'nextTick', carry));
  return () => {
    for (const restore of undo) restore();
  };
}

function wrap(target: Record<string, Scheduler>, name: string, carry: (callback: Callback) => Callback): () => void {
  const original = target[name] as Scheduler;
  const wrapped = {
    [name](this: unknown, callback: unknown, ...rest: unknown[]): unknown {
      const carried = typeof callback === 'function' ? carry(callback as Callback) : callback;
      return Reflect.apply(original, this, [carried, ...rest]);
    },
  }[name] as Scheduler;
  // util.promisify finds its custom form, and tests their marks, under symbols on the function.
  for (const key of Reflect.ownKeys(original)) {
    const descriptor = Object.getOwnPropertyDescriptor(original, key);
    if (descriptor !== undefined && key !== 'prototype') Object.defineProperty(wrapped, key, descriptor);
  }
  const descriptor = Object.getOwnPropertyDescriptor(target, name);
  Object.defineProperty(target, name, { ...descriptor, value: wrapped });
  return () => {
    if (target[name] === wrapped) Object.defineProperty(target, name, { ...descriptor, value: original });
  };
}
