import type { TrackedObject } from '../../src/core/tracked-object.ts';
import { placeOfCreation } from '../first-use.ts';
import { patchClass, restoreAll } from '../patches/class-patch.ts';
import { dressed } from '../patches/stand-in.ts';
import { isTimeout } from '../settled-request.ts';
import { Claim } from '../shapes/claim.ts';
import { howOf } from '../shapes/how.ts';
import { trackDistinct } from '../watched-pool.ts';
import type { Callable } from './adapter.ts';

const EXECUTE = howOf('acquire', 'release', { structured: true });

/** As the client has it when nothing is said. */
const DEFAULT_MAXIMUM = 100;

interface Options {
  readonly maximum?: number;
  readonly acquireTimeout?: number;
}

interface Pool {
  /** Pools are made for the options of commands, and share what is in this one. */
  readonly _self: Pool;
  execute(task: Callable): Promise<unknown>;
}

interface Factory {
  create(clientOptions?: unknown, options?: Options): Pool;
}

/** What is known of a pool that was made while somebody listened. */
interface Known {
  readonly object: TrackedObject | null;
  /** Null unless the program chose it. */
  readonly timeout: { readonly timeoutMs: number } | null;
}

const pools = new WeakMap<Pool, Known>();

/** The pool of redis 5 and later: each command, and each task, has a client of it to itself. */
export function patchPool(made: unknown): (() => void) | null {
  return patchClass<Pool>(made, 'execute', (prototype) => {
    const factory = made as unknown as Factory;
    if (typeof factory.create !== 'function') return null;
    return restoreAll([patchExecute(prototype), patchFactory(factory)]);
  });
}

function patchFactory(factory: Factory): () => void {
  const { create } = factory;
  factory.create = dressed(function watched(this: Factory, clientOptions?: unknown, options?: Options): Pool {
    const pool = create.call(this, clientOptions, options);
    const { maximum = DEFAULT_MAXIMUM, acquireTimeout = 0 } = options ?? {};
    const place = placeOfCreation('pool');
    pools.set(pool._self, {
      object: place === null ? null : trackDistinct('pool', place, maximum),
      timeout: acquireTimeout > 0 ? { timeoutMs: acquireTimeout } : null,
    });
    return pool;
  }, create);
  return () => {
    factory.create = create;
  };
}

function patchExecute(prototype: Pool): () => void {
  const { execute } = prototype;
  prototype.execute = dressed(function watched(this: Pool, task: Callable): Promise<unknown> {
    const known = pools.get(this._self);
    if (known === undefined || typeof task !== 'function') return execute.call(this, task);
    const claim = new Claim(known.object, EXECUTE, known.timeout);
    return claim.refusedBy(execute.call(this, claim.whileRunning(task)), (reason) => {
      if (isTimeout(reason)) claim.refuse('timed-out');
    });
  }, execute);
  return () => {
    prototype.execute = execute;
  };
}
