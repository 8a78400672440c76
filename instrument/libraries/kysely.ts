import type { TrackedObject } from '../../src/core/tracked-object.ts';
import { type NamedPlace, placeOfCreation, placeOfUse } from '../first-use.ts';
import { patchClass, restoreAll } from '../patches/class-patch.ts';
import { Claim } from '../shapes/claim.ts';
import { howOf } from '../shapes/how.ts';
import { trackDistinct } from '../watched-pool.ts';
import type { LibraryAdapter } from './adapter.ts';

const ACQUIRE = howOf('acquireConnection', 'releaseConnection');

interface Driver {
  acquireConnection(): Promise<object>;
  releaseConnection(connection: object): Promise<void>;
}

interface Dialect {
  createDriver(): object;
}

/** The mutex of a Kysely instance, since 0.29. */
interface ConnectionMutex {
  obtainLock(): Promise<void>;
  releaseLock(): unknown;
}

/** By what has the mutex: a driver, or the mutex itself. */
const objects = new WeakMap<object, TrackedObject>();
const held = new WeakMap<object, Claim>();
/** Prototypes of drivers that have a mutex of their own. */
const withMutex = new WeakSet<object>();

/**
 * kysely 0.26 to 0.29. SQLite has one connection behind a mutex: of its driver, since 0.29 of its instance, as for any dialect
 * with one connection. The pools of the other dialects are those of pg, mysql2 and tarn.
 */
export const kysely: LibraryAdapter = {
  name: 'kysely',
  versions: '>=0.26.0 <0.30.0',
  rebinds: ['ConnectionMutex'],
  patch(exports, rebind) {
    const mutex = patchClass(exports['ConnectionMutex'], 'obtainLock', patchMutex, ['releaseLock']);
    if (mutex !== null) {
      rebind('ConnectionMutex', namedMutex);
      return mutex;
    }
    return restoreAll([
      patchClass(exports['SqliteDriver'], 'acquireConnection', patchDriver, ['releaseConnection']),
      patchClass(exports['SqliteDialect'], 'createDriver', patchDialect),
    ]);
  },
};

/** The dialect makes its driver while the Kysely instance is made, which names it. */
function patchDialect(prototype: Dialect): () => void {
  const { createDriver } = prototype;
  prototype.createDriver = {
    createDriver(this: Dialect): object {
      const driver = createDriver.call(this);
      if (withMutex.has(Object.getPrototypeOf(driver) as object)) track(driver, placeOfCreation('kysely'));
      return driver;
    },
  }.createDriver;
  return () => Object.assign(prototype, { createDriver });
}

function patchDriver(prototype: Driver): (() => void) | null {
  const { acquireConnection, releaseConnection } = prototype;
  if (!/mutex/i.test(String(acquireConnection))) return null;
  withMutex.add(prototype);
  prototype.acquireConnection = {
    acquireConnection(this: Driver): Promise<object> {
      return asking(this, () => acquireConnection.call(this));
    },
  }.acquireConnection;
  prototype.releaseConnection = {
    releaseConnection(this: Driver, connection: object): Promise<void> {
      giveBack(this);
      return releaseConnection.call(this, connection);
    },
  }.releaseConnection;
  return () => Object.assign(prototype, { acquireConnection, releaseConnection });
}

/** It is made while the Kysely instance is made. */
function namedMutex(make: new () => ConnectionMutex): new () => ConnectionMutex {
  return new Proxy(make, {
    construct(target, args, newTarget) {
      const mutex = Reflect.construct(target, args, newTarget) as ConnectionMutex;
      track(mutex, placeOfCreation('kysely'));
      return mutex;
    },
  });
}

function patchMutex(prototype: ConnectionMutex): () => void {
  const { obtainLock, releaseLock } = prototype;
  prototype.obtainLock = {
    obtainLock(this: ConnectionMutex): Promise<void> {
      return asking(this, () => obtainLock.call(this));
    },
  }.obtainLock;
  prototype.releaseLock = {
    releaseLock(this: ConnectionMutex): unknown {
      giveBack(this);
      return releaseLock.call(this);
    },
  }.releaseLock;
  return () => Object.assign(prototype, { obtainLock, releaseLock });
}

function asking<T>(owner: object, ask: () => Promise<T>): Promise<T> {
  const object = objects.get(owner) ?? track(owner, placeOfUse('kysely', ['execute', 'executeTakeFirst', 'stream']));
  const claim = new Claim(object, ACQUIRE);
  return claim.grantedBy(ask(), () => held.set(owner, claim));
}

function giveBack(owner: object): void {
  held.get(owner)?.release();
  held.delete(owner);
}

function track(owner: object, place: NamedPlace | null): TrackedObject | null {
  const object = place === null ? null : trackDistinct('mutex', place, 1);
  if (object !== null) objects.set(owner, object);
  return object;
}
