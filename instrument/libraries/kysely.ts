import type { TrackedObject } from '../../src/core/tracked-object.ts';
import { patchClass, restoreAll } from '../class-patch.ts';
import { type NamedPlace, placeOfCreation, placeOfUse } from '../first-use.ts';
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

const objects = new WeakMap<Driver, TrackedObject>();
const held = new WeakMap<Driver, Claim>();

/**
 * kysely 0.26 to 0.28. SQLite has one connection behind a mutex of its own; the pools of the other dialects are those of
 * pg, mysql2 and tarn.
 */
export const kysely: LibraryAdapter = {
  name: 'kysely',
  versions: '>=0.26.0 <0.29.0',
  patch: (exports) =>
    restoreAll([
      patchClass(exports['SqliteDriver'], 'acquireConnection', patchDriver, ['releaseConnection']),
      patchClass(exports['SqliteDialect'], 'createDriver', patchDialect),
    ]),
};

/** The dialect makes its driver while the Kysely instance is made, which names it. */
function patchDialect(prototype: Dialect): () => void {
  const { createDriver } = prototype;
  prototype.createDriver = {
    createDriver(this: Dialect): object {
      const driver = createDriver.call(this);
      track(driver as Driver, placeOfCreation('kysely'));
      return driver;
    },
  }.createDriver;
  return () => Object.assign(prototype, { createDriver });
}

function patchDriver(prototype: Driver): () => void {
  const { acquireConnection, releaseConnection } = prototype;
  prototype.acquireConnection = {
    acquireConnection(this: Driver): Promise<object> {
      const object = objects.get(this) ?? track(this, placeOfUse('kysely', ['execute', 'executeTakeFirst', 'stream']));
      const claim = new Claim(object, ACQUIRE);
      const connection = acquireConnection.call(this);
      return claim.grantedBy(connection, () => held.set(this, claim));
    },
  }.acquireConnection;
  prototype.releaseConnection = {
    releaseConnection(this: Driver, connection: object): Promise<void> {
      held.get(this)?.release();
      held.delete(this);
      return releaseConnection.call(this, connection);
    },
  }.releaseConnection;
  return () => Object.assign(prototype, { acquireConnection, releaseConnection });
}

function track(driver: Driver, place: NamedPlace | null): TrackedObject | null {
  const object = place === null ? null : trackDistinct('mutex', place, 1);
  if (object !== null) objects.set(driver, object);
  return object;
}
