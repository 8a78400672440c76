import { isObject } from '../../src/core/thenable.ts';
import { replaced } from '../patches/replaced.ts';
import { Joined } from './joined-promises.ts';
import type { Carry } from './timers.ts';

type Method = (this: unknown, ...args: unknown[]) => unknown;
type Methods = Record<'use' | 'adopt' | 'defer' | 'move' | 'disposeAsync', Method>;

/** The disposal of one stack. */
interface Disposal {
  /** Runs the next of its disposers, as what goes on when those before it have ended. */
  run(dispose: () => unknown): unknown;
}

export interface DisposalWatcher {
  /** False where nobody hears when the disposers end. */
  isHeard(): boolean;
  /** Runs code as what has these behind it, too. */
  run(behind: Joined, run: () => unknown): unknown;
  /** The promise of the disposal is settled when these are. */
  settles(promise: object, disposers: Joined): void;
}

/** What the disposers of a stack know of its disposal. It goes with them to another stack. */
interface Disposed {
  disposal: Disposal | null;
}

/**
 * An `AsyncDisposableStack` awaits its disposers in steps that no hook sees: each of them would run as if nothing came before it.
 * So they are told. @returns what restores the original methods
 */
export function carryThroughDisposal(carry: Carry, watcher: DisposalWatcher): () => void {
  const type = Reflect.get(globalThis, 'AsyncDisposableStack') as { prototype: Methods } | undefined;
  if (type === undefined) return () => undefined;
  const stacks = new WeakMap<object, Disposed>();
  const of = (stack: object): Disposed => {
    const known = stacks.get(stack) ?? { disposal: null };
    stacks.set(stack, known);
    return known;
  };
  const { prototype } = type;
  const undo = [
    onStack(prototype, 'use', (use, stack, [value]) => {
      if (!isObject(value)) return use(value);
      use(disposableFor(value, of(stack)));
      return value;
    }),
    onStack(prototype, 'adopt', (adopt, stack, [value, dispose]) => adopt(value, told(dispose, of(stack)))),
    onStack(prototype, 'defer', (defer, stack, [dispose]) => defer(told(dispose, of(stack)))),
    onStack(prototype, 'move', (move, stack) => {
      const moved = move() as object;
      stacks.set(moved, of(stack));
      stacks.delete(stack);
      return moved;
    }),
    onStack(prototype, 'disposeAsync', (dispose, stack) => {
      const disposed = stacks.get(stack);
      if (disposed === undefined || disposed.disposal !== null || !watcher.isHeard()) return dispose();
      const results: unknown[] = [];
      const disposers = new Joined('allSettled', results);
      const asCaller = carry((run) => (run as () => unknown)());
      disposed.disposal = {
        run: (next) => {
          const result = asCaller(() => watcher.run(disposers, next));
          results.push(result);
          return result;
        },
      };
      const promise = dispose() as object;
      watcher.settles(promise, disposers);
      return promise;
    }),
    underItsSymbol(prototype),
  ];
  return () => {
    for (const restore of undo.reverse()) restore();
  };
}

function onStack(
  prototype: Methods,
  name: keyof Methods,
  call: (original: (...args: unknown[]) => unknown, stack: object, args: readonly unknown[]) => unknown,
): () => void {
  return replaced(prototype, name, (original) => {
    return {
      method(this: unknown, ...args: unknown[]): unknown {
        const apply = (...given: unknown[]): unknown => Reflect.apply(original, this, given);
        // The engine says in its own words what is wrong.
        return typeof this === 'object' && this !== null ? call(apply, this, args) : apply(...args);
      },
    }.method;
  });
}

/** `await using` calls the same function by its symbol. */
function underItsSymbol(prototype: Methods): () => void {
  const symbol = Symbol.asyncDispose;
  const descriptor = Object.getOwnPropertyDescriptor(prototype, symbol);
  if (descriptor?.configurable !== true) return () => undefined;
  const { disposeAsync } = prototype;
  Object.defineProperty(prototype, symbol, { ...descriptor, value: disposeAsync });
  return () => {
    if (Reflect.get(prototype, symbol) === disposeAsync) Object.defineProperty(prototype, symbol, descriptor);
  };
}

/** The stack asks for the methods once, and in this order. */
function disposableFor(value: object, disposed: Disposed): object {
  const method = (symbol: symbol): unknown => {
    const dispose: unknown = Reflect.get(value, symbol);
    return typeof dispose === 'function' ? told(dispose.bind(value), disposed) : dispose;
  };
  return {
    get [Symbol.asyncDispose](): unknown {
      return method(Symbol.asyncDispose);
    },
    get [Symbol.dispose](): unknown {
      return method(Symbol.dispose);
    },
  };
}

function told(dispose: unknown, disposed: Disposed): unknown {
  if (typeof dispose !== 'function') return dispose;
  return (...args: unknown[]): unknown => {
    const run = (): unknown => Reflect.apply(dispose, undefined, args);
    return disposed.disposal === null ? run() : disposed.disposal.run(run);
  };
}
