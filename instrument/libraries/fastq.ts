import { dressed } from '../patches/stand-in.ts';
import { Claim } from '../shapes/claim.ts';
import { hasMethods } from '../shapes/has-methods.ts';
import { howOf } from '../shapes/how.ts';
import { MadeObject } from '../shapes/made-object.ts';
import { Slots } from '../shapes/slots.ts';
import { WaitingLine } from '../shapes/waiting-line.ts';
import type { Callable, LibraryAdapter } from './adapter.ts';
import { isBoot } from './avvio-ready.ts';

const PUSH = howOf('push', 'done', { structured: true });
const UNSHIFT = howOf('unshift', 'done', { structured: true });
const DRAINED = howOf('drained', 'done');

/** What `fastq()` and `fastq.promise()` make: an object with methods of its own. */
interface Queue {
  readonly concurrency: number;
  push(value: unknown, done?: unknown): unknown;
  unshift(value: unknown, done?: unknown): unknown;
  kill(): void;
  killAndDrain(): void;
  abort?(): void;
  idle(): boolean;
  drained?(): Promise<void>;
}

type Maker = (this: unknown, ...args: unknown[]) => Queue;

/** fastq 1.11 to 1.x: the queue is made of closures over the worker, so both functions that make one are replaced. */
export const fastq: LibraryAdapter = {
  name: 'fastq',
  versions: '>=1.11.0 <2.0.0',
  rebinds: ['default'],
  patch(exports, rebind) {
    const { promise } = exports as { promise?: Maker };
    if (typeof exports !== 'function' || typeof promise !== 'function') return null;
    const fields = exports as { promise: Maker };
    fields.promise = dressed(watchedMaker(promise, true), promise);
    rebind('default', (make: Maker) => watchedMaker(make, false));
    return () => {
      fields.promise = promise;
    };
  },
};

function watchedMaker(make: Maker, isPromised: boolean): Maker {
  return function fastqueue(this: unknown, ...args) {
    const at = typeof args[0] === 'function' ? 0 : 1;
    const worker = args[at];
    // What avvio keeps in its queues is told by its own adapter.
    if (typeof worker !== 'function' || isBoot(args[0])) return make.apply(this, args);
    const line = new WaitingLine();
    const slots = new Slots();
    let made: MadeObject | null = null;
    let queue: Queue | null = null;
    const run = function run(this: unknown, ...given: never[]): unknown {
      const claim = line.begin();
      const task = worker as Callable;
      if (claim === null) return Reflect.apply(task, this, given);
      const slot = slots.task(made?.object ?? null, () => queue?.concurrency ?? Infinity);
      const running = isPromised
        ? claim.whileRunning(task, slot.begin, slot.end)
        : claim.untilCalledBack(task, slot.begin, slot.end);
      return Reflect.apply(running, this, given);
    };
    args[at] = dressed(run, worker);
    queue = make.apply(this, args);
    if (!hasMethods(queue, ['push', 'unshift', 'kill', 'killAndDrain'])) return queue;
    made = new MadeObject('fastq', queue.concurrency, 'queue');
    watch(queue, made, line, slots, isPromised);
    return queue;
  };
}

function watch(queue: Queue, made: MadeObject, line: WaitingLine, slots: Slots, isPromised: boolean): void {
  const { push, unshift, kill, killAndDrain, abort, drained } = queue;
  const arriving = (add: Queue['push'], how: typeof PUSH, isFirst: boolean): Queue['push'] => {
    const method = (...args: Parameters<Queue['push']>): unknown => {
      const called = isPromised ? null : ofItsOwn(args);
      slots.noteLimit(made.object, queue.concurrency);
      const [claim, result] = line.arrive(made.object, how, null, () => add.apply(queue, args), isFirst);
      if (isPromised) return claim.follow(result as Promise<unknown>);
      claim.called = called;
      claim.queue();
      return result;
    };
    return dressed(method, add);
  };
  const clearing = (end: () => void): (() => void) => {
    return dressed(() => {
      line.clear();
      end.call(queue);
    }, end);
  };
  queue.push = arriving(push, PUSH, false);
  queue.unshift = arriving(unshift, UNSHIFT, true);
  queue.kill = clearing(kill);
  queue.killAndDrain = clearing(killAndDrain);
  if (abort !== undefined) queue.abort = clearing(abort);
  if (drained !== undefined) {
    queue.drained = dressed(() => {
      if (queue.idle()) return drained.call(queue);
      const claim = new Claim(made.object, DRAINED, { permits: queue.concurrency });
      return claim.firedBy(drained.call(queue));
    }, drained);
  }
}

/** Who has been given the callback of a task may keep it, and call it: what the queue calls is a function that nobody else has. */
function ofItsOwn(args: Parameters<Queue['push']>): object | null {
  const [, done] = args;
  if (typeof done !== 'function') return null;
  args[1] = function called(this: unknown, ...results: unknown[]): unknown {
    return Reflect.apply(done, this, results);
  };
  return args[1] as object;
}
