import type { LibraryAdapter } from './adapter.ts';
import { asyncLibrary } from './async.ts';
import { asyncAwaitMutexLock } from './async-await-mutex-lock.ts';
import { asyncAwaitQueue } from './async-await-queue.ts';
import { asyncCacheDedupe } from './async-cache-dedupe.ts';
import { asyncLock } from './async-lock.ts';
import { asyncMutex } from './async-mutex.ts';
import { asyncRwLock } from './async-rwlock.ts';
import { asyncSema } from './async-sema.ts';
import { avvio } from './avvio.ts';
import { awaitLock } from './await-lock.ts';
import { awaitMutex } from './await-mutex.ts';
import { awaitSemaphore } from './await-semaphore.ts';
import { betterQueue } from './better-queue.ts';
import { bottleneck } from './bottleneck.ts';
import { bull } from './bull.ts';
import { bullmq } from './bullmq.ts';
import { cacheManager } from './cache-manager.ts';
import { cacheable } from './cacheable.ts';
import { cockatiel } from './cockatiel.ts';
import { dataloader } from './dataloader.ts';
import { effect } from './effect.ts';
import { esToolkit } from './es-toolkit.ts';
import { fakeIndexedDb } from './fake-indexeddb.ts';
import { fastify } from './fastify.ts';
import { fastq } from './fastq.ts';
import { genericPool } from './generic-pool.ts';
import { henrygdQueue } from './henrygd-queue.ts';
import { henrygdSemaphore } from './henrygd-semaphore.ts';
import { ioredis } from './ioredis.ts';
import { knex } from './knex.ts';
import { kysely } from './kysely.ts';
import { lightningPool } from './lightning-pool.ts';
import { livekitMutex } from './livekit-mutex.ts';
import { lockfile } from './lockfile.ts';
import { locks } from './locks.ts';
import { lodash, lodashEs, lodashMemoize } from './lodash.ts';
import { lruCache } from './lru-cache.ts';
import { mariadb } from './mariadb.ts';
import { matrixaiAsyncLocks } from './matrixai-async-locks.ts';
import { mem, memoize } from './memoize.ts';
import { memoizee } from './memoizee.ts';
import { microMemoize } from './micro-memoize.ts';
import { mutexify } from './mutexify.ts';
import { mysql } from './mysql.ts';
import { mysql2 } from './mysql2.ts';
import { nodeRedis } from './node-redis.ts';
import { pDebounce } from './p-debounce.ts';
import { pEvent } from './p-event.ts';
import { pLimit } from './p-limit.ts';
import { pMemoize } from './p-memoize.ts';
import { pMutex } from './p-mutex.ts';
import { pQueue, pQueueCompat } from './p-queue.ts';
import { pRateLimit } from './p-ratelimit.ts';
import { pg } from './pg.ts';
import { pgPool } from './pg-pool.ts';
import { pglite } from './pglite.ts';
import { piscina } from './piscina.ts';
import { plimitLit } from './plimit-lit.ts';
import { postgres } from './postgres.ts';
import { promiseLimit } from './promise-limit.ts';
import { promiseQueue } from './promise-queue.ts';
import { properLockfile } from './proper-lockfile.ts';
import { puppeteerCluster } from './puppeteer-cluster.ts';
import { queryCore } from './query-core.ts';
import { queue } from './queue.ts';
import { readableStream } from './readable-stream.ts';
import { redisSemaphore } from './redis-semaphore.ts';
import { redlock, sesamecareRedlock } from './redlock.ts';
import { rocicorpLock } from './rocicorp-lock.ts';
import { rwlock } from './rwlock.ts';
import { rxjs } from './rxjs.ts';
import { sapphireAsyncQueue } from './sapphire-async-queue.ts';
import { semaphore } from './semaphore.ts';
import { semaphoreAsyncAwait } from './semaphore-async-await.ts';
import { sequelize } from './sequelize.ts';
import { sequelizePool } from './sequelize-pool.ts';
import { shopifySemaphore } from './shopify-semaphore.ts';
import { slonik } from './slonik.ts';
import { superlock } from './superlock.ts';
import { tarn } from './tarn.ts';
import { threads } from './threads.ts';
import { throat } from './throat.ts';
import { tinypool } from './tinypool.ts';
import { typescriptMemoize } from './typescript-memoize.ts';
import { undici } from './undici.ts';
import { workerpool } from './workerpool.ts';

/** Every library dept knows by itself. */
export const LIBRARY_ADAPTERS: readonly LibraryAdapter[] = Object.freeze([
  asyncLibrary,
  asyncAwaitMutexLock,
  asyncAwaitQueue,
  asyncCacheDedupe,
  asyncLock,
  asyncMutex,
  asyncRwLock,
  asyncSema,
  avvio,
  awaitLock,
  awaitMutex,
  awaitSemaphore,
  betterQueue,
  bottleneck,
  bull,
  bullmq,
  cockatiel,
  effect,
  esToolkit,
  fakeIndexedDb,
  fastify,
  fastq,
  genericPool,
  henrygdQueue,
  henrygdSemaphore,
  ioredis,
  knex,
  kysely,
  lightningPool,
  livekitMutex,
  lockfile,
  locks,
  mariadb,
  matrixaiAsyncLocks,
  mutexify,
  mysql,
  mysql2,
  nodeRedis,
  pLimit,
  pMutex,
  pQueue,
  pQueueCompat,
  pRateLimit,
  pEvent,
  pg,
  pgPool,
  pglite,
  piscina,
  plimitLit,
  postgres,
  promiseLimit,
  promiseQueue,
  properLockfile,
  puppeteerCluster,
  queue,
  readableStream,
  redisSemaphore,
  redlock,
  rocicorpLock,
  rwlock,
  rxjs,
  sapphireAsyncQueue,
  semaphore,
  semaphoreAsyncAwait,
  sequelize,
  sequelizePool,
  sesamecareRedlock,
  shopifySemaphore,
  slonik,
  superlock,
  tarn,
  threads,
  throat,
  tinypool,
  cacheManager,
  cacheable,
  dataloader,
  lodash,
  lodashEs,
  lodashMemoize,
  lruCache,
  mem,
  memoize,
  memoizee,
  microMemoize,
  pDebounce,
  pMemoize,
  queryCore,
  typescriptMemoize,
  undici,
  workerpool,
]);
