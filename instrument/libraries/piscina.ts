import { isObject } from '../../src/core/thenable.ts';
import { handPorts, watchChannels } from '../message-channels.ts';
import { isTimeout, signalTimeout } from '../node/signal-timeouts.ts';
import { patchClass, restoreAll } from '../patches/class-patch.ts';
import { optionOf } from '../patches/passed-options.ts';
import { Claim } from '../shapes/claim.ts';
import { howOf } from '../shapes/how.ts';
import { UsedInstances } from '../shapes/used-instances.ts';
import type { LibraryAdapter } from './adapter.ts';

const RUN = howOf('run', 'done', { structured: true });

interface Piscina {
  readonly options: { readonly maxThreads: number; readonly concurrentTasksPerWorker: number };
  run(task: unknown, options?: { readonly signal?: object | null }): Promise<unknown>;
}

interface TaskInfo {
  readonly transferList: readonly unknown[] | null | undefined;
  readonly abortSignal: object | null;
  done(error: unknown, result?: unknown): unknown;
}

interface TaskQueue {
  push(task: TaskInfo): unknown;
}

interface WorkerInfo {
  readonly taskInfos: ReadonlyMap<unknown, TaskInfo>;
  postTask(task: TaskInfo): unknown;
  onWorkerMessage?(handler: (message: unknown) => unknown): unknown;
}

const pools = new UsedInstances<Piscina>({
  kindName: 'Piscina',
  methods: ['run', 'runTask'],
  capacity: ({ options }) => options.maxThreads * options.concurrentTasksPerWorker,
  kind: 'pool',
  isDistinct: true,
});
/** By task; by abort signal where nobody saw the task being queued. */
const claims = new WeakMap<object, Claim>();
/** The claim of the `run` that is under way and has not shown its task yet. */
let beginning: Claim | null = null;

/**
 * piscina 4 and 5: a task holds a slot of the pool while a thread runs it. What this thread does in answer to messages of
 * a port that went with the task is done for the task.
 */
export const piscina: LibraryAdapter = {
  name: 'piscina',
  versions: '>=4.0.0 <6.0.0',
  patch(exports) {
    const { WorkerInfo: worker, Piscina: pool, FixedQueue: fixed, ArrayTaskQueue: array } = exports;
    return restoreAll([
      patchClass(worker, 'postTask', patchWorker),
      ...[exports, pool].map((made) => patchClass(made, 'run', patchPool)),
      ...[fixed, array].map((made) => patchClass(made, 'push', patchQueue)),
    ]);
  },
};

function patchPool(prototype: Piscina): () => void {
  const { run } = prototype;
  const stop = watchChannels();
  prototype.run = {
    run(this: Piscina, task: unknown, ...rest: [options?: { readonly signal?: object | null }]): Promise<unknown> {
      const signal = optionOf(rest[0], 'signal');
      const timeoutMs = signalTimeout(signal);
      const claim = new Claim(pools.of(this), RUN, timeoutMs === undefined ? null : { timeoutMs });
      const outer = beginning;
      beginning = claim;
      try {
        const result = run.call(this, task, ...rest);
        if (beginning === claim && isObject(signal)) claims.set(signal, claim);
        else if (beginning === claim) claim.refuse();
        return claim.refusedBy(result, (reason) => claim.refuse(isTimeout(reason) ? 'timed-out' : 'cancelled'));
      } finally {
        beginning = outer;
      }
    },
  }.run;
  return () => {
    Object.assign(prototype, { run });
    stop();
  };
}

/** A task that no thread is free for is queued, in the `run` that makes it. */
function patchQueue(prototype: TaskQueue): () => void {
  const { push } = prototype;
  prototype.push = {
    push(this: TaskQueue, task: TaskInfo): unknown {
      known(task);
      return push.call(this, task);
    },
  }.push;
  return () => Object.assign(prototype, { push });
}

function known(task: TaskInfo): Claim | null {
  const claim = claims.get(task) ?? beginning ?? (task.abortSignal === null ? null : claims.get(task.abortSignal));
  if (claim === undefined || claim === null) return null;
  if (claim === beginning) beginning = null;
  claims.set(task, claim);
  return claim;
}

function patchWorker(prototype: WorkerInfo): () => void {
  const { postTask, onWorkerMessage } = prototype;
  prototype.postTask = {
    postTask(this: WorkerInfo, task: TaskInfo): unknown {
      const claim = known(task);
      if (claim !== null) begin(task, claim);
      return postTask.call(this, task);
    },
  }.postTask;
  if (onWorkerMessage !== undefined) {
    prototype.onWorkerMessage = {
      onWorkerMessage(this: WorkerInfo, handler: (message: unknown) => unknown): unknown {
        return onWorkerMessage.call(this, (message) => {
          const [task, ...others] = this.taskInfos.values();
          // Of several tasks of one thread nobody knows which has sent it.
          const claim = task === undefined || others.length > 0 ? undefined : claims.get(task);
          return claim === undefined ? handler(message) : claim.resume(() => handler(message));
        });
      },
    }.onWorkerMessage;
  }
  return () => Object.assign(prototype, { postTask }, onWorkerMessage && { onWorkerMessage });
}

function begin(task: TaskInfo, claim: Claim): void {
  claim.grant();
  const takeBack = handPorts(claim, task.transferList);
  const { done } = task;
  task.done = (error, result) => {
    takeBack();
    return claim.resume(() => {
      claim.release();
      return done.call(task, error, result);
    });
  };
}
