// Each has asked its own queue for something, and gives its slot back when something else comes: what that is names what ends the task.
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdtempSync, watch } from 'node:fs';
import { createServer, get } from 'node:http';
import { connect, createServer as createSocketServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import async from 'async';
import BetterQueue from 'better-queue';
import Bottleneck from 'bottleneck';
import fastq from 'fastq';

const LONG_MS = 600_000;
const nothing = () => undefined;
/** Ends when its standard input does, which is when this process ends. */
const service = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'pipe', 'ignore'] });
service.setMaxListeners(0);
const thread = new Worker("require('node:worker_threads').parentPort.once('message', () => undefined)", { eval: true });
const bus = new EventEmitter();
const ends = new Map();
const weakEnds = new WeakMap();
const storage = new AsyncLocalStorage();

/**
 * A task whose callback names `done` and never comes; `lets` is what really ends it.
 * @param {(done: () => void, queue: import('fastq').queue) => unknown} lets
 */
function onFastq(lets) {
  return () => {
    const queue = fastq((job, done) => {
      if (job.isLast) return done();
      setImmediate(() => {
        queue.push({ isLast: true }, (error) => (error ? done(error) : undefined));
        lets(done, queue);
      });
    }, 1);
    queue.push({}, nothing);
  };
}

export const byProcess = onFastq((done) => service.once('exit', () => done()));
export const byProcessItself = onFastq((done) => service.once('exit', done));
export const byOutput = onFastq((done) => service.stdout.on('data', () => done()));
export const byThread = onFastq((done) => thread.once('message', () => done()));
export const bySignal = onFastq((done) => process.once('SIGUSR2', () => done()));
export const byTimer = onFastq((done) => setTimeout(done, LONG_MS));
export const byTimerOfNoMatter = onFastq((done) => void setTimeout(() => done(), LONG_MS).unref());
export const byTimerThatLooks = onFastq((done) => setInterval(() => (bus.isReady ? done() : undefined), LONG_MS));
export const byRetry = onFastq((done) => {
  const again = () => (bus.isReady ? done() : setTimeout(again, LONG_MS));
  again();
});
export const byEvent = onFastq((done) => bus.once('news', done));
export const byAbort = onFastq((done) => AbortSignal.timeout(LONG_MS).addEventListener('abort', () => done()));
export const byLimit = onFastq((_done, queue) => setTimeout(() => void queue.concurrency++, LONG_MS));
export const byLimitOfASetting = onFastq((_done, queue) =>
  Object.assign(service, { widen: () => (queue.concurrency = 2) }),
);
export const byMap = onFastq((done) => ends.set('one', done));
export const byWeakMap = onFastq((done) => weakEnds.set(service, done));
export const byProperty = onFastq((done) => Object.assign(service, { done }));
export const byGlobal = onFastq((done) => Object.assign(globalThis, { done }));
export const byField = onFastq((done) => {
  class Job {
    #done = done;
    end() {
      this.#done();
    }
  }
  const job = new Job();
  setTimeout(() => job.end(), LONG_MS);
});
export const byProxy = onFastq((done) => bus.on('a', new Proxy({ done }, {}).done));
export const byGenerator = onFastq((done) => {
  const steps = (function* () {
    yield;
    done();
  })();
  steps.next();
  bus.on('step', () => steps.next());
});
export const byArguments = onFastq(function () {
  // biome-ignore lint/complexity/noArguments: this is what it is about
  const given = arguments;
  bus.on('b', () => given[0]());
});
export const byText = onFastq((_done) => {
  // biome-ignore lint/security/noGlobalEval: this is what it is about
  bus.on('c', () => eval('_do' + 'ne()')); // oxlint-disable-line no-eval
});
export const byStore = onFastq((done) =>
  storage.run({ done }, () => setTimeout(() => storage.getStore().done(), LONG_MS)),
);
export const byResource = onFastq((done) =>
  bus.on(
    'd',
    AsyncResource.bind(() => done()),
  ),
);
export const byWeakReference = onFastq((done) => ends.set('weak', new WeakRef(done)));
export const byPromise = onFastq((end) => void once(service, 'exit').then(() => end()));
export const byChain = onFastq((end) => {
  const ended = new Promise((resolve) => service.once('exit', resolve));
  void ended
    .then(nothing)
    .finally(nothing)
    .then(() => end());
});
export const byFunction = onFastq(async (done) => {
  await once(service, 'exit');
  done();
});
export const byIteration = onFastq(async (done) => {
  for await (const _line of service.stdout) nothing();
  done();
});
export const byRace = onFastq(
  (end) => void Promise.race([once(service, 'exit'), new Promise(nothing)]).then(() => end()),
);
export const byWatcher = onFastq((done) => watch(mkdtempSync(join(tmpdir(), 'dept-queued-')), () => done()));
export const bySocket = onFastq((done) => {
  const path = join(mkdtempSync(join(tmpdir(), 'dept-queued-')), 'socket');
  createSocketServer(nothing).listen(path, () => connect(path).on('data', () => done()));
});
export const byAnswer = onFastq((done) => {
  const server = createServer(nothing).listen(0, () => get({ port: server.address().port }, () => done()));
});
export const byRequest = onFastq((done) => createServer(() => done()).listen(0));
export const byNotification = onFastq(
  (end) => void Atomics.waitAsync(new Int32Array(new SharedArrayBuffer(4)), 0, 0).value.then(() => end()),
);

/** Another queue, whose task runs, ends this one. */
const beside = fastq((_job, end) => service.once('exit', end), 1);
export const byAnotherQueue = onFastq((done) => beside.push({}, () => done()));
const besideWithValue = fastq((job, done) => {
  service.once('exit', () => {
    job.done();
    done();
  });
}, 1);
export const byValueElsewhere = onFastq((done) => besideWithValue.push({ done }, nothing));

/** The same function is the callback of what waits, and what a timer calls. */
export function byTimeLimit() {
  const queue = fastq((job, done) => {
    if (job.isLast) return done();
    queue.push({ isLast: true }, done);
    setTimeout(done, LONG_MS);
  }, 1);
  queue.push({}, nothing);
}

/** It waits for another queue, whose task ends by itself. */
export function byALongTask() {
  const slow = fastq((_job, done) => {
    slow.push({}, (error) => done(error));
    service.once('exit', () => done());
  }, 1);
  const queue = fastq((job, done) => {
    if (job.isLast) return done();
    setImmediate(() => {
      queue.push({ isLast: true }, nothing);
      slow.push({}, () => done());
    });
  }, 1);
  slow.push({}, nothing);
  queue.push({}, nothing);
}

export function besideAsync() {
  const queue = async.queue((job, done) => {
    if (job.isLast) return done();
    queue.push({ isLast: true }, (error) => (error ? done(error) : undefined));
    service.once('exit', () => done());
  }, 1);
  queue.push({}, nothing);
}

export function besideAsyncAwaited() {
  const queue = async.queue(async (job) => {
    if (job.isLast) return;
    const told = new Promise((resolve) => {
      queue.push({ isLast: true }, resolve);
      service.once('exit', resolve);
    });
    await told;
  }, 1);
  queue.push({}, nothing);
}

export function besideCargo() {
  const cargo = async.cargo(([first], done) => {
    if (first.isLast) return done();
    cargo.push({ isLast: true }, (error) => (error ? done(error) : undefined));
    service.once('exit', () => done());
  }, 2);
  cargo.push({}, nothing);
}

export function besideBottleneck() {
  return new Promise((asked) => {
    const host = new Bottleneck({ maxConcurrent: 1 });
    const get = (id, done) => done(null, id);
    host.submit((done) => {
      host.submit(get, 'item', (error) => (error ? done(error) : undefined));
      service.once('exit', () => done());
      asked();
    }, nothing);
  });
}

export function besideBetterQueue() {
  return new Promise((asked) => {
    const orders = new BetterQueue((order, done) => {
      if (order.isLast) return done();
      orders.push({ isLast: true }, (error) => (error ? done(error) : undefined));
      service.once('exit', () => done());
      asked();
    });
    orders.push({}, nothing);
  });
}
