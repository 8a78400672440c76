import { applied } from '../patches/applied.ts';
import { patchClass, restoreAll } from '../patches/class-patch.ts';
import { replaced } from '../patches/replaced.ts';
import { standIn } from '../patches/stand-in.ts';
import { Claim } from '../shapes/claim.ts';
import { howOf } from '../shapes/how.ts';
import { UsedInstances } from '../shapes/used-instances.ts';
import type { Callable, LibraryAdapter } from './adapter.ts';

const EXECUTE = howOf('execute', 'done', { structured: true });
const QUEUE = howOf('queue', 'done', { structured: true });
const IDLE = howOf('idle', 'done');

/** After how long a worker gives up a task where nobody has said so: it excuses nothing. */
const DEFAULT_TIMEOUT_MS = 30_000;

interface Cluster extends Record<'execute' | 'queue' | 'idle', Callable> {
  readonly options?: { readonly maxConcurrency?: number; readonly timeout?: number };
  readonly workersBusy: readonly unknown[];
}

const clusters = new UsedInstances<Cluster>({
  kindName: 'Cluster',
  methods: ['execute', 'queue', 'idle'],
  capacity: ({ options }) => options?.maxConcurrency || null,
  kind: 'pool',
});
/** By job, until it begins. */
const claims = new WeakMap<object, Claim>();
/** What each worker has begun last. */
const running = new WeakMap<object, Claim>();
/** The claim of the call that is under way and has not shown its job yet. */
let arriving: Claim | null = null;

/**
 * puppeteer-cluster 0.22 to 0.25: a task holds a worker while it runs. Who puts it in the queue (`queue`) does not wait for it. A
 * task of an `execute` that nobody awaits does not, either.
 */
export const puppeteerCluster: LibraryAdapter = {
  name: 'puppeteer-cluster',
  versions: '>=0.22.0 <0.26.0',
  patch: (exports) =>
    restoreAll([
      patchClass<Cluster>(exports['default'], 'execute', patchCluster, ['queue', 'idle']),
      patchClass<{ handle: Callable }>(exports['default'], 'handle', (worker) => replaced(worker, 'handle', handling)),
      patchClass<{ push: Callable; shift: Callable }>(
        exports['default'],
        'push',
        (queue) => replaced(queue, 'push', pushing),
        ['shift'],
      ),
    ]),
};

function patchCluster(prototype: Cluster): (() => void) | null {
  const adding = (how: typeof QUEUE) => (add: Callable) =>
    standIn(add, (self, args) => {
      const outer = arriving;
      const claim = claimed(self as Cluster, how);
      arriving = claim;
      try {
        const result = applied(add, self, args);
        if (arriving === claim) claim?.refuse();
        return how === EXECUTE && result instanceof Promise ? (claim?.follow(result) ?? result) : result;
      } finally {
        arriving = outer;
      }
    });
  const idling = (idle: Callable): Callable =>
    standIn(idle, (self, args) => {
      const { workersBusy } = self as Cluster;
      const object = Array.isArray(workersBusy) && workersBusy.length > 0 ? clusters.of(self as Cluster) : null;
      const result = applied(idle, self, args);
      if (object === null || !(result instanceof Promise)) return result;
      return new Claim(object, IDLE, { permits: object.key.capacity }).firedBy(result);
    });
  return restoreAll([
    replaced(prototype, 'execute', adding(EXECUTE)),
    replaced(prototype, 'queue', adding(QUEUE)),
    replaced(prototype, 'idle', idling),
  ]);
}

function claimed(cluster: Cluster, how: typeof QUEUE): Claim | null {
  const object = clusters.of(cluster);
  if (object === null) return null;
  const timeoutMs = cluster.options?.timeout;
  const isChosen = typeof timeoutMs === 'number' && timeoutMs !== DEFAULT_TIMEOUT_MS;
  return new Claim(object, how, isChosen ? { timeoutMs } : null);
}

/** A job is put in the queue, in the call that makes it; once more if it is to be done later, or again. */
function pushing(push: Callable): Callable {
  return standIn(push, (self, args) => {
    const [job] = args;
    if (arriving !== null && typeof job === 'object' && job !== null) {
      claims.set(job, arriving);
      arriving = null;
    }
    return applied(push, self, args);
  });
}

/** A worker runs the task of a job, for as long as it may take. */
function handling(handle: Callable): Callable {
  return standIn(handle, (self, args) => {
    const [task, job, ...rest] = args;
    const claim = claims.get(job as object);
    if (claim === undefined || typeof task !== 'function') return applied(handle, self, args);
    claims.delete(job as object);
    const worker = self as object;
    // One that has taken too long is given up, whatever it does.
    running.get(worker)?.drop();
    running.set(worker, claim);
    return applied(handle, self, [claim.whileRunning(task as Callable), job, ...rest]);
  });
}
