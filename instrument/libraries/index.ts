import type { LibraryAdapter } from './adapter.ts';
import { asyncMutex } from './async-mutex.ts';
import { asyncSema } from './async-sema.ts';
import { fastq } from './fastq.ts';
import { genericPool } from './generic-pool.ts';
import { ioredis } from './ioredis.ts';
import { knex } from './knex.ts';
import { kysely } from './kysely.ts';
import { mysql2 } from './mysql2.ts';
import { pLimit } from './p-limit.ts';
import { pQueue } from './p-queue.ts';
import { pg } from './pg.ts';
import { pgPool } from './pg-pool.ts';
import { pglite } from './pglite.ts';
import { postgres } from './postgres.ts';
import { sequelize } from './sequelize.ts';
import { sequelizePool } from './sequelize-pool.ts';
import { tarn } from './tarn.ts';

/** Every library dept knows by itself. */
export const LIBRARY_ADAPTERS: readonly LibraryAdapter[] = Object.freeze([
  asyncMutex,
  asyncSema,
  fastq,
  genericPool,
  ioredis,
  knex,
  kysely,
  mysql2,
  pLimit,
  pQueue,
  pg,
  pgPool,
  pglite,
  postgres,
  sequelize,
  sequelizePool,
  tarn,
]);
