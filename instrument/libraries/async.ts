import { standIn } from '../patches/stand-in.ts';
import { Claim } from '../shapes/claim.ts';
import { hasMethods } from '../shapes/has-methods.ts';
import { howOf } from '../shapes/how.ts';
import { MadeObject } from '../shapes/made-object.ts';
import { Slots } from '../shapes/slots.ts';
import type { Callable, LibraryAdapter } from './adapter.ts';
import { watchedAuto } from './async-auto.ts';
import { replacingDrain } from './async-drain.ts';

const DRAIN = howOf('drain', 'done');
const CLAIM: unique symbol = Symbol('dept.claim');

/** What stands in the list of a queue, from `push` to the call of its callback. */
interface Item {
  [CLAIM]?: Claim;
}

/** The list of a queue: linked, or a heap where tasks have a priority. */
interface Tasks {
  push(item: Item): unknown;
  unshift?(item: Item): unknown;
  insertBefore?(next: Item, item: Item): unknown;
  empty(): unknown;
  remove(test: (item: Item) => boolean): unknown;
}

interface Queue {
  readonly concurrency: number;
  readonly _tasks: Tasks;
  workersList(): readonly Item[];
  idle(): boolean;
}

type Add = (this: unknown, ...args: unknown[]) => unknown;
type Maker = (worker: Callable, ...rest: unknown[]) => Queue;

/** Functions that make a queue whose worker gets one item at a time, and those whose worker gets many. */
const ONE_BY_ONE = ['queue', 'priorityQueue'];
const MANY_AT_ONCE = ['cargo', 'cargoQueue'];
const ADDS = ['push', 'pushAsync', 'unshift', 'unshiftAsync'];

/** async 2 and 3: `queue`, `priorityQueue`, `cargo`, `cargoQueue` and `auto`. */
export const asyncLibrary: LibraryAdapter = {
  name: 'async',
  versions: '>=2.6.0 <4.0.0',
  patch(exports, rebind, file) {
    const done = (): void => undefined;
    // All that is imported from modules of their own (`async/queue`) is made here.
    if (file === 'internal/queue.js') return rebind('default', watchedMaker(true)) ? done : null;
    if (file === 'auto.js') return rebind('default', watchedAuto) ? done : null;
    if (typeof exports === 'function') return done;
    const found = [
      ...ONE_BY_ONE.map((name) => rebind(name, watchedMaker(false))),
      ...MANY_AT_ONCE.map((name) => rebind(name, watchedMaker(true))),
      rebind('auto', watchedAuto),
    ];
    return found.includes(true) || file.startsWith('internal/') ? done : null;
  },
};

const watchedMaker =
  (isMany: boolean) =>
  (make: Maker): Maker => {
    return (worker, ...rest) => {
      if (typeof worker !== 'function') return make(worker, ...rest);
      let queue: Queue | null = null;
      let object: MadeObject | null = null;
      const slots = new Slots();
      const isAsync = (worker as { [Symbol.toStringTag]?: string })[Symbol.toStringTag] === 'AsyncFunction';
      const run = standIn(worker, (self, args) => {
        const [claim, ...others] =
          queue === null ? [] : begun(queue, isMany ? (args[0] as readonly unknown[]).length : 1);
        if (claim === undefined) return Reflect.apply(worker, self, args as never[]);
        const slot = slots.task(object?.object ?? null, () => queue?.concurrency ?? Infinity);
        const task = isAsync
          ? claim.whileRunning(worker, slot.begin, slot.end)
          : claim.untilCalledBack(worker, slot.begin, slot.end);
        // One slot serves all of them.
        claim.accompany(others);
        for (const other of others) other.fire();
        return Reflect.apply(task, self, args as never[]);
      });
      // By this the library knows a worker that returns a promise.
      if (isAsync) Object.defineProperty(run, Symbol.toStringTag, { value: 'AsyncFunction' });
      const watchedDrain = (drain: Callable): Callable =>
        standIn(drain, (self, args) => {
          const result = Reflect.apply(drain, self, args as never[]);
          if (queue === null || object === null || !(result instanceof Promise) || queue.idle()) return result;
          return new Claim(object.object, DRAIN, { permits: queue.concurrency }).firedBy(result);
        });
      const made = replacingDrain(() => make(run, ...rest), watchedDrain);
      if (!isQueue(made)) return made;
      queue = made;
      object = watch(made, slots);
      return made;
    };
  };

function isQueue(made: Queue): boolean {
  return hasMethods(made, ['workersList', 'idle']) && hasMethods(made._tasks, ['push', 'empty', 'remove']);
}

/** The claims of the items that a worker is called with now: the last ones in the list of what is being worked on. */
function begun(queue: Queue, count: number): readonly Claim[] {
  return queue
    .workersList()
    .slice(-count)
    .flatMap((item) => item[CLAIM] ?? []);
}

function watch(queue: Queue, slots: Slots): MadeObject {
  const made = new MadeObject('async', queue.concurrency, 'queue');
  /** The claims of the items that the call of now adds. */
  let added: Claim[] | null = null;
  let how = howOf('push', 'done', { structured: true });
  const add = (item: Item): void => {
    // One way to add goes through another.
    if (item[CLAIM] !== undefined) return;
    slots.noteLimit(made.object, queue.concurrency);
    const claim = new Claim(made.object, how);
    item[CLAIM] = claim;
    added?.push(claim);
  };
  watchList(queue._tasks, add);
  const methods = queue as unknown as Record<string, Add | undefined>;
  for (const name of ADDS) {
    const original = methods[name];
    if (typeof original !== 'function') continue;
    const own = howOf(name, 'done', { structured: true });
    methods[name] = standIn(original, (self, args) => {
      const outer = added;
      added = [];
      how = own;
      try {
        const result = Reflect.apply(original, self, args) as unknown;
        followed(result, added);
        return result;
      } finally {
        added = outer;
      }
    });
  }
  return made;
}

/** Promises of results, one for each item; where there is none a callback is told, and nobody knows who waits for it. */
function followed(result: unknown, claims: readonly Claim[]): void {
  const results = Array.isArray(result) ? result : [result];
  for (const [at, claim] of claims.entries()) {
    const promise: unknown = results[at];
    if (promise instanceof Promise) void claim.follow(promise);
    else claim.queue();
  }
}

function watchList(tasks: Tasks, add: (item: Item) => void): void {
  const { push, unshift, insertBefore, remove } = tasks;
  const adding = (original: Add, at: number): Add => {
    return standIn(original, (self, args) => {
      add(args[at] as Item);
      return Reflect.apply(original, self, args) as unknown;
    });
  };
  tasks.push = adding(push as Add, 0);
  if (unshift !== undefined) tasks.unshift = adding(unshift as Add, 0);
  if (insertBefore !== undefined) tasks.insertBefore = adding(insertBefore as Add, 1);
  const forgetting = (test: (item: Item) => boolean) => (item: Item) => {
    const isRemoved = test(item);
    if (isRemoved) item[CLAIM]?.refuse();
    return isRemoved;
  };
  tasks.remove = standIn(remove, (self, [test]) => Reflect.apply(remove, self, [forgetting(test as () => boolean)]));
  const { empty } = tasks;
  tasks.empty = standIn(empty, (self, args) => {
    tasks.remove(() => true);
    return Reflect.apply(empty, self, args as never);
  });
}
