// One program that knows nothing of dept: node programs.mjs WORKLOAD COUNT. Sends what it measured to who has forked it.
// Each workload loads what it needs only.
const [, , workload, count, postgresPort] = process.argv;
const operations = Number(count);

/** Nanoseconds of CPU an operation. */
async function cpu(run, warmUp = operations >> 2) {
  await run(warmUp);
  const before = process.cpuUsage();
  await run(operations);
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / operations;
}

/** Nanoseconds that pass, an operation: for tasks that wait for input and output. */
async function elapsed(run, warmUp = operations >> 2) {
  await run(warmUp);
  const before = process.hrtime.bigint();
  await run(operations);
  return Number(process.hrtime.bigint() - before) / operations;
}

const asyncMutex = () => import('async-mutex');
const sleeper = async () => (await import('node:timers/promises')).setTimeout;
const all = (n, task) => Promise.all(Array.from({ length: n }, task));

async function httpApp(warmUp) {
  const [{ createServer }, { Mutex }] = [await import('node:http'), await asyncMutex()];
  const mutex = new Mutex();
  const server = createServer((_request, response) => {
    const answer = async () => {
      await mutex.runExclusive(() => Promise.resolve());
      response.end('ok');
    };
    void answer();
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  const round = async (n) => {
    process.send({ port: server.address().port, requests: n });
    await new Promise((done) => process.once('message', done));
  };
  const value = await cpu(round, warmUp);
  server.close();
  server.closeAllConnections();
  return value;
}

async function pLimitTasks(warmUp) {
  const [{ default: pLimit }, sleep] = [await import('p-limit'), await sleeper()];
  const limit = pLimit(4);
  return elapsed((n) => all(n, () => limit(() => sleep(1))), warmUp);
}

async function pQueueTasks(warmUp) {
  const [{ default: PQueue }, sleep] = [await import('p-queue'), await sleeper()];
  const queue = new PQueue({ concurrency: 4 });
  return elapsed((n) => all(n, () => queue.add(() => sleep(1))), warmUp);
}

async function pgPoolTasks(warmUp) {
  const [{ default: pg }, sleep] = [await import('pg'), await sleeper()];
  const pool = new pg.Pool({
    host: '127.0.0.1',
    port: Number(postgresPort),
    user: 'u',
    password: 'p',
    database: 'd',
    max: 4,
  });
  const task = async () => {
    const client = await pool.connect();
    await client.query('SELECT 1');
    await sleep(1);
    client.release();
  };
  const value = await elapsed((n) => all(n, task), warmUp);
  await pool.end();
  return value;
}

// A program that has run for a while: what it does has been compiled.
const warm = 4 * operations;

const workloads = {
  'await null': () =>
    cpu(async (n) => {
      for (let i = 0; i < n; i++) await null;
    }),
  'async-mutex acquire': async () => {
    const { Mutex } = await asyncMutex();
    const mutex = new Mutex();
    return cpu(async (n) => {
      for (let i = 0; i < n; i++) (await mutex.acquire())();
    });
  },
  'p-limit': () => pLimitTasks(),
  'p-limit, warm': () => pLimitTasks(warm),
  'p-queue': () => pQueueTasks(),
  'p-queue, warm': () => pQueueTasks(warm),
  'pg-pool': () => pgPoolTasks(),
  'pg-pool, warm': () => pgPoolTasks(warm),
  'HTTP app': () => httpApp(),
  'HTTP app, warm': () => httpApp(warm),
  'heap over many locks': async () => {
    const { Mutex } = await asyncMutex();
    const locks = Array.from({ length: 16 }, () => new Mutex());
    const run = async (n) => {
      for (let i = 0; i < n; i += 2) {
        const outer = await locks[i & 7].acquire();
        (await locks[8 + (i & 7)].acquire())();
        outer();
        // Other things happen in a program, too.
        if ((i & 0xfff) === 0) await new Promise(setImmediate);
      }
      globalThis.gc();
      return process.memoryUsage().heapUsed;
    };
    const warm = await run(operations / 10);
    return (await run(operations)) - warm;
  },
  'start-up': async () => {
    const { user, system } = process.cpuUsage();
    return (user + system) * 1000;
  },
};

const value = await workloads[workload]();
process.send({ value });
process.disconnect();
