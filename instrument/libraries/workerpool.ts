import { handPorts, watchChannels } from '../message-channels.ts';
import { patchClass, restoreAll } from '../patches/class-patch.ts';
import { legible, optionOf } from '../patches/passed-options.ts';
import { Claim } from '../shapes/claim.ts';
import { howOf } from '../shapes/how.ts';
import { UsedInstances } from '../shapes/used-instances.ts';
import type { LibraryAdapter } from './adapter.ts';

const EXEC = howOf('exec', 'done', { structured: true });

/** The package's own promises: no native ones. */
interface OwnPromise {
  then(fulfilled: () => void, rejected: () => void): unknown;
}

interface Options {
  readonly on?: (payload: unknown) => unknown;
  readonly transfer?: readonly unknown[];
}

type Exec = (method: unknown, params?: unknown, options?: Options) => OwnPromise;

interface Pool {
  readonly maxWorkers: number;
  exec: Exec;
  _next(): unknown;
}

interface Resolver {
  readonly promise: OwnPromise;
  resolve(value: unknown): unknown;
  reject(reason: unknown): unknown;
}

interface WorkerHandler {
  exec(method: unknown, params: unknown, resolver?: Resolver, options?: Options): OwnPromise;
  terminateAndNotify(): unknown;
}

const pools = new UsedInstances<Pool>({
  kindName: 'workerpool',
  methods: ['exec', 'proxy'],
  capacity: ({ maxWorkers }) => maxWorkers,
  kind: 'pool',
  isDistinct: true,
});
const claims = new WeakMap<OwnPromise, Claim>();
/** Resolvers that a worker has got while the promise of the `exec` under way was not known yet. */
let early: { readonly resolver: Resolver; readonly transfer: unknown }[] | null = null;

/** workerpool 9 and 10: a task holds a worker of the pool from the moment it is sent there until its promise is settled. */
export const workerpool: LibraryAdapter = {
  name: 'workerpool',
  versions: '>=9.0.0 <11.0.0',
  patch(exports) {
    const { Pool: pool, WorkerHandler: handler } = exports;
    return restoreAll([
      ...[exports, pool].map((made) => patchClass(made, '_next', patchPool, ['exec'])),
      ...[exports, handler].map((made) => patchClass(made, 'terminateAndNotify', patchHandler, ['exec'])),
    ]);
  },
};

function patchPool(prototype: Pool): () => void {
  const { exec } = prototype;
  const stop = watchChannels();
  prototype.exec = {
    exec(this: Pool, method: unknown, params?: unknown, options?: Options): OwnPromise {
      // A function is sent as a call of its own.
      if (typeof method !== 'string') return exec.call(this, method, params, options);
      const claim = new Claim(pools.of(this), EXEC);
      const outer = early;
      early = [];
      try {
        const promise = exec.call(this, method, params, heard(claim, options));
        claims.set(promise, claim);
        // As late as any task of its own ends; a rejection is nobody's but the program's.
        const over = (): void => {
          claim.refuse();
          claim.resume(() => claim.release());
        };
        promise.then(over, over);
        for (const { resolver, transfer } of early) begin(resolver, transfer);
        claim.sleep();
        return promise;
      } catch (error) {
        claim.refuse();
        throw error;
      } finally {
        early = outer;
      }
    },
  }.exec;
  return () => {
    Object.assign(prototype, { exec });
    stop();
  };
}

/** What the worker tells while it runs the task is told for the task. */
function heard(claim: Claim, options: Options | undefined): Options | undefined {
  const on = optionOf(options, 'on');
  if (typeof on !== 'function') return options;
  const told = (payload: unknown): unknown => claim.resume(() => Reflect.apply(on, undefined, [payload]));
  return legible(() => ({ ...options, on: told })) ?? options;
}

function patchHandler(prototype: WorkerHandler): () => void {
  const { exec } = prototype;
  prototype.exec = {
    exec(this: WorkerHandler, method: unknown, params: unknown, resolver?: Resolver, options?: Options): OwnPromise {
      const transfer = optionOf(options, 'transfer');
      if (resolver !== undefined && !begin(resolver, transfer)) early?.push({ resolver, transfer });
      return exec.call(this, method, params, resolver, options);
    },
  }.exec;
  return () => Object.assign(prototype, { exec });
}

/** @returns false when nobody has asked for this task yet */
function begin(resolver: Resolver, transfer: unknown): boolean {
  const claim = claims.get(resolver.promise);
  if (claim === undefined) return false;
  claim.grant();
  const takeBack = handPorts(claim, transfer);
  resolver.promise.then(takeBack, takeBack);
  const { resolve, reject } = resolver;
  // Whoever awaits the package's promise goes on in the code that settles it.
  resolver.resolve = (value) => claim.resume(() => resolve(value));
  resolver.reject = (reason) => claim.resume(() => reject(reason));
  return true;
}
