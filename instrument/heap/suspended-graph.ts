import { Dependents } from '../../src/core/dependents.ts';
import type { HeapGraph, HeapNode } from './heap-graph.ts';
import { resolveFunctions, soleResolvers } from './held-resolvers.ts';

/** An async function (or generator) that has stopped at an `await`, as the heap shows it. */
export interface Suspended {
  /** Its generator object. */
  readonly node: HeapNode;
  readonly fn: HeapNode;
  /** Parameters and local variables. */
  readonly registers: HeapNode;
  /** The promise it will settle; null for generators and module bodies. */
  readonly promise: HeapNode | null;
  /** The promise it waits for. */
  readonly awaits: HeapNode;
  /** Those who compute what it waits for. */
  waitsFor: readonly Suspended[];
  /** True when something else than these may settle it: a timer, I/O, a resolve function that is kept somewhere. */
  isOpen: boolean;
  /** A promise of the circle of promises that it waits for, each settled by the next one; null when there is none. */
  circle: HeapNode | null;
}

/** A generator object, whatever it waits for. */
export interface Generator {
  readonly node: HeapNode;
  readonly fn: HeapNode;
  readonly registers: HeapNode;
  readonly promise: HeapNode | null;
}

const RESOLVER_NAME = /^(?:resolve|reject|res|rej|done|fulfil)/;

/**
 * Every suspended async function of a heap and who waits for whom. An `await` hangs a reaction on the awaited promise
 * whose context knows the generator; `then`, `resolve(promise)` and combinators lead from one promise to the next.
 * Linear in the heap.
 */
export class SuspendedGraph {
  readonly #heap: HeapGraph;
  readonly #generators = new Map<HeapNode, Generator>();
  /** Promises that settle when the key does. */
  readonly #settles = new Map<HeapNode, Set<HeapNode>>();
  /** The other way round. */
  readonly #settledBy = new Map<HeapNode, HeapNode[]>();
  /** Suspended functions by where their variables are. */
  readonly #byFrame = new Map<HeapNode, Suspended>();
  readonly functions: readonly Suspended[];
  /** Generators that await nothing: those that have given something and wait to be asked for more, and those that are over. */
  readonly yielded: readonly Generator[];

  constructor(heap: HeapGraph) {
    this.#heap = heap;
    for (let node = 0; node < heap.size; node++) {
      const generator = heap.type(node) === 'object' ? this.#generatorAt(node) : null;
      if (generator !== null) this.#generators.set(node, generator);
    }
    const awaits = new Map<HeapNode, HeapNode>();
    for (let node = 0; node < heap.size; node++) if (heap.isPromise(node)) this.#readReactions(node, awaits);
    for (const [promise, derived] of this.#settles) {
      for (const each of derived) {
        const known = this.#settledBy.get(each);
        if (known === undefined) this.#settledBy.set(each, [promise]);
        else known.push(promise);
      }
    }
    this.functions = [...awaits].flatMap(([node, promise]): Suspended[] => {
      const generator = this.#generators.get(node);
      return generator === undefined
        ? []
        : [{ ...generator, awaits: promise, waitsFor: [], isOpen: false, circle: null }];
    });
    this.yielded = [...this.#generators.values()].filter(({ node }) => !awaits.has(node));
    const byPromise = new Map(this.functions.flatMap((each) => (each.promise === null ? [] : [[each.promise, each]])));
    for (const each of this.functions) {
      this.#byFrame.set(each.node, each);
      this.#byFrame.set(each.registers, each);
    }
    for (const each of this.functions) Object.assign(each, this.#computing(each, byPromise));
  }

  /** The function whose variables, or whose state, this is. */
  functionAt(node: HeapNode): Suspended | undefined {
    return this.#byFrame.get(node);
  }

  /** Where a chain of promises begins: those that no other promise settles. */
  sourcesOf(promise: HeapNode): readonly HeapNode[] {
    return [...this.chainTo(promise)].filter((each) => !this.#settledBy.has(each));
  }

  /** This promise and all that lead to it, each settled by another one. */
  chainTo(promise: HeapNode): ReadonlySet<HeapNode> {
    const chain = new Set([promise]);
    for (const each of chain) for (const earlier of this.#settledBy.get(each) ?? []) chain.add(earlier);
    return chain;
  }

  /** The promises of which the first that is settled settles this one: those of a race. */
  racersOf(promise: HeapNode): readonly HeapNode[] {
    const settlers = new Set(resolveFunctions(promise, this.#heap));
    const isRacer = (each: HeapNode): boolean =>
      [...this.#reactionsOf(each)].some((reaction) => {
        const handlers = this.#heap.edges(reaction).filter(({ node }) => settlers.has(node));
        // For its value and for its error: an element of `all` settles that by its error alone.
        return new Set(handlers.map(({ node }) => node)).size > 1;
      });
    return (this.#settledBy.get(promise) ?? []).filter(isRacer);
  }

  /** True when another suspended function awaits it. */
  isAwaited(each: Suspended): boolean {
    return this.functions.some(({ waitsFor }) => waitsFor.includes(each));
  }

  /**
   * What goes on with the value of a promise, over any number of calls of `then`; none when nobody does, but for its errors.
   * Suspended functions that await it are not among them. Null where it is not known.
   */
  valueHandlersOf(promise: HeapNode | null): readonly HeapNode[] | null {
    if (promise === null) return null;
    const handlers: HeapNode[] = [];
    const settled = new Set([promise]);
    for (const each of settled) {
      for (const reaction of this.#reactionsOf(each)) {
        const handedTo = this.#heap.edges(reaction).filter((edge) => edge.type === 'hidden');
        const next = handedTo.find(({ node }) => this.#heap.isPromise(node));
        if (next === undefined && handedTo.some(({ node }) => this.#resumedBy(node) !== null)) continue;
        if (next === undefined) return null;
        // V8 keeps the handler of errors, that of values and the promise one after the other.
        const onValue = handedTo.find(({ name }) => Number(name) === Number(next.name) - 1);
        if (onValue !== undefined) handlers.push(onValue.node);
        settled.add(next.node);
      }
    }
    return handlers;
  }

  /** A pending promise has a list of them. */
  #reactionsOf(promise: HeapNode): ReadonlySet<HeapNode> {
    const reactions = new Set<HeapNode>();
    const add = (node: HeapNode): void => {
      for (const edge of this.#heap.edges(node)) if (this.#heap.isReaction(edge.node)) reactions.add(edge.node);
    };
    add(promise);
    for (const reaction of reactions) add(reaction);
    return reactions;
  }

  #computing(
    waiter: Suspended,
    byPromise: ReadonlyMap<HeapNode, Suspended>,
  ): Pick<Suspended, 'waitsFor' | 'isOpen' | 'circle'> {
    const found = new Set<Suspended>();
    let isOpen = false;
    const seen = new Set([waiter.awaits]);
    for (const each of seen) {
      const owner = byPromise.get(each);
      const settledBy = this.#settledBy.get(each) ?? [];
      const holders = owner === undefined && settledBy.length === 0 ? this.#soleHolders(each, waiter) : null;
      if (owner !== undefined) found.add(owner);
      else if (holders !== null) for (const holder of holders) found.add(holder);
      else if (settledBy.length === 0) isOpen = true;
      else for (const earlier of settledBy) seen.add(earlier);
    }
    const circle = found.size === 0 && !isOpen ? Math.min(...seen) : null;
    return { waitsFor: [...found], isOpen, circle };
  }

  /** Those who alone can let the waiter go on; null where the waiter is one of them, or nobody knows. */
  #soleHolders(promise: HeapNode, waiter: Suspended): readonly Suspended[] | null {
    const holders = soleResolvers(promise, this.#heap, (node) => this.functionAt(node));
    return holders?.includes(waiter) === true ? null : holders;
  }

  #generatorAt(node: HeapNode): Generator | null {
    let fn: HeapNode | null = null;
    let registers: HeapNode | null = null;
    let promise: HeapNode | null = null;
    for (const edge of this.#heap.edges(node)) {
      if (edge.type === 'internal' && edge.name === 'function') fn = edge.node;
      else if (edge.type === 'internal' && edge.name === 'parameters_and_registers') registers = edge.node;
      else if (edge.type === 'hidden') promise ??= this.#promiseAt(edge.node);
    }
    return fn === null || registers === null ? null : { node, fn, registers, promise };
  }

  /** Of an async function its own; an async generator has a queue of those who have asked it. */
  #promiseAt(node: HeapNode): HeapNode | null {
    if (this.#heap.isPromise(node)) return node;
    return this.#heap.name(node).endsWith('AsyncGeneratorRequest') ? (this.#promisesIn(node)[0] ?? null) : null;
  }

  /** Walks the reactions of a pending promise; a settled one has none. */
  #readReactions(promise: HeapNode, awaits: Map<HeapNode, HeapNode>): void {
    const derived = new Set<HeapNode>();
    for (const reaction of this.#reactionsOf(promise)) {
      for (const { node } of this.#heap.edges(reaction)) {
        if (this.#heap.isReaction(node)) continue;
        if (this.#heap.type(node) === 'closure') this.#readHandler(promise, node, derived, awaits);
        else if (this.#heap.isPromise(node)) derived.add(node);
        else if (this.#heap.name(node).includes('PromiseCapability')) {
          for (const field of this.#heap.edges(node)) if (this.#heap.isPromise(field.node)) derived.add(field.node);
        }
      }
    }
    derived.delete(promise);
    if (derived.size > 0) this.#settles.set(promise, derived);
  }

  #readHandler(promise: HeapNode, handler: HeapNode, derived: Set<HeapNode>, awaits: Map<HeapNode, HeapNode>): void {
    const generator = this.#resumedBy(handler);
    if (generator !== null) awaits.set(generator.node, promise);
    if (generator?.promise === undefined || generator.promise === null) {
      for (const each of this.#promisesSettledBy(handler)) derived.add(each);
    }
  }

  /** The generator that the handler of an `await` resumes. */
  #resumedBy(handler: HeapNode): Generator | null {
    let context = this.#heap.follow(handler, 'context');
    if (context === null) return null;
    const extension = this.#heap.follow(context, 'extension');
    const direct = extension === null ? undefined : this.#generators.get(extension);
    if (direct !== undefined) return direct;
    // A compiler's function calls a generator that it has in a variable; who has one that is asynchronous asks it for more, or knows it only.
    const isOfScript = this.#heap.placeOf(handler) !== null;
    for (let depth = 0; depth < 2 && context !== null; depth++) {
      for (const edge of this.#heap.edges(context)) {
        const found = edge.type === 'context' ? this.#generators.get(edge.node) : undefined;
        if (found !== undefined && !(isOfScript && this.#isAsynchronous(found))) return found;
      }
      context = this.#heap.follow(context, 'previous');
    }
    return null;
  }

  #isAsynchronous({ node }: Generator): boolean {
    const prototype = this.#heap.follow(node, '__proto__');
    return prototype !== null && this.#heap.name(prototype) === 'AsyncGenerator';
  }

  /** What a handler settles: V8's own resolve functions know their promise, a user's one captures resolve functions. */
  #promisesSettledBy(handler: HeapNode): readonly HeapNode[] {
    const heap = this.#heap;
    const context = heap.follow(handler, 'context');
    if (context === null || heap.name(context).includes('NativeContext')) return [];
    return heap.edges(context).flatMap((edge): HeapNode[] => {
      const { node } = edge;
      if (heap.isPromise(node)) return edge.type !== 'context' || heap.name(handler) === '' ? [node] : [];
      if (heap.name(node).includes('PromiseCapability')) return this.#promisesIn(node);
      if (heap.type(node) !== 'closure' || !RESOLVER_NAME.test(edge.name)) return [];
      const inner = heap.follow(node, 'context');
      return inner === null ? [] : this.#promisesIn(inner);
    });
  }

  #promisesIn(node: HeapNode): HeapNode[] {
    return this.#heap.edges(node).flatMap((edge) => (this.#heap.isPromise(edge.node) ? [edge.node] : []));
  }
}

/** Where functions are in the heap, and their variables. */
export function nodesOf(functions: Iterable<Suspended>): readonly HeapNode[] {
  return [...functions].flatMap(({ node, registers }) => [node, registers]);
}

/** Who awaits whom, as is known of each now. */
export function awaitersOf(functions: readonly Suspended[]): Dependents<Suspended> {
  return new Dependents(functions, ({ waitsFor }) => waitsFor);
}

/** These and all that await one of them, directly or not. For more than one question {@link awaitersOf} is cheaper. */
export function withAwaiters(waiters: readonly Suspended[], functions: readonly Suspended[]): ReadonlySet<Suspended> {
  return awaitersOf(functions).behind(waiters);
}
