import { isObject } from '../../src/core/thenable.ts';
import { handPorts, watchChannels } from '../message-channels.ts';
import { patchClass } from '../patches/class-patch.ts';
import { optionOf } from '../patches/passed-options.ts';
import { dressed } from '../patches/stand-in.ts';
import { isPending } from '../promises/is-pending.ts';
import { Claim } from '../shapes/claim.ts';
import { howOf } from '../shapes/how.ts';
import { UsedInstances } from '../shapes/used-instances.ts';
import type { Callable, LibraryAdapter } from './adapter.ts';

const RUN = howOf('run', 'done', { structured: true });

interface Options {
  readonly transferList?: readonly unknown[];
}

interface Tinypool {
  readonly options?: {
    readonly maxThreads: number;
    readonly concurrentTasksPerWorker: number;
    /** Of the class of the queue in use; the program's own where it has given one. */
    readonly taskQueue: TaskQueue | undefined;
  };
  run(task: unknown, options?: Options): Promise<unknown>;
}

interface TaskInfo {
  readonly transferList: readonly unknown[] | null | undefined;
  /** Called where a thread is sent the task. */
  releaseTask(): unknown;
}

interface TaskQueue {
  push(task: TaskInfo): unknown;
}

/**
 * tinypool 1 and 2: a task holds a slot of the pool while a thread or a process runs it. Only the queue shows its tasks to
 * others: what is not queued runs at once.
 */
export const tinypool: LibraryAdapter = {
  name: 'tinypool',
  versions: '>=1.0.0 <3.0.0',
  patch: (exports) => patchClass(exports['Tinypool'], 'run', patchPool),
};

function patchPool(prototype: Tinypool): () => void {
  const undo = [watchChannels()];
  const pushes = new WeakSet<Callable>();
  const pools = new UsedInstances<Tinypool>({
    kindName: 'Tinypool',
    methods: ['run'],
    capacity: ({ options }) => {
      if (options === undefined || !isShowing(options.taskQueue)) return null;
      return options.maxThreads * options.concurrentTasksPerWorker;
    },
    kind: 'pool',
    isDistinct: true,
  });
  /** What the `run` that is under way has asked for, as long as its task is not queued. */
  let asking: Run | null = null;

  const { run } = prototype;
  prototype.run = dressed(function watched(this: Tinypool, ...args: [task: unknown, options?: Options]) {
    const object = pools.of(this);
    if (object === null) return Reflect.apply(run, this, args);
    const own = new Run(new Claim(object, RUN));
    const outer = asking;
    asking = own;
    try {
      const result = Reflect.apply(run, this, args);
      // Refused at once, it never begins.
      if (asking === own && isPending(result)) own.begin(optionOf(args[1], 'transferList'));
      return own.over(result);
    } finally {
      asking = outer;
    }
  }, run);
  return () => {
    prototype.run = run;
    for (const restore of undo.toReversed()) restore();
  };

  /** A queue of the program may be anything: only one whose class shows what is pushed is of use. */
  function isShowing(queue: TaskQueue | undefined): boolean {
    if (!isObject(queue) || typeof queue.push !== 'function') return false;
    const restore = patchClass(queue.constructor, 'push', patchQueue);
    if (restore !== null) undo.push(restore);
    return pushes.has(queue.push);
  }

  function patchQueue(queue: TaskQueue): () => void {
    const { push } = queue;
    queue.push = dressed(function watched(this: TaskQueue, task: TaskInfo): unknown {
      asking?.beginWith(task);
      asking = null;
      return push.call(this, task);
    }, push);
    pushes.add(queue.push);
    return () => Object.assign(queue, { push });
  }
}

/** One task, from the call of `run` on. */
class Run {
  readonly #claim: Claim;
  #takeBack: () => void = () => undefined;

  constructor(claim: Claim) {
    this.#claim = claim;
  }

  /** A thread runs it now, with these in hand. */
  begin(transferList: unknown): void {
    this.#claim.grant();
    this.#takeBack = handPorts(this.#claim, transferList);
  }

  /** It begins when the task leaves its queue for a thread. */
  beginWith(task: TaskInfo): void {
    const { releaseTask } = task;
    const value = (): unknown => {
      Reflect.deleteProperty(task, 'releaseTask');
      this.begin(task.transferList);
      return releaseTask.call(task);
    };
    Object.defineProperty(task, 'releaseTask', { value, configurable: true });
  }

  /** What the caller gets. */
  over(result: Promise<unknown>): Promise<unknown> {
    return this.#claim.heldUntil(result, () => this.#takeBack());
  }
}
