import { getEventListeners } from 'node:events';
import { createRequire } from 'node:module';
import AsyncLock from 'async-lock';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { currentInstallation, type Installation, install } from '../../../../instrument/install.ts';

const require = createRequire(import.meta.url);

let installation: Installation;
beforeEach(() => {
  installation = install();
});
afterEach(() => currentInstallation()?.uninstall());

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const never = (): Promise<void> => new Promise(() => undefined);

function found(): readonly string[] {
  installation.waitsFor.confirm(true);
  return installation.findings.map(({ code, severity, circle }) => {
    return `${code} ${severity} ${circle.map(({ to }) => to.key.name).join(' ')}`;
  });
}

async function nothingWaits(): Promise<void> {
  await turn();
  expect(installation.waitsFor.open.map(({ object }) => object.label)).toEqual([]);
}

describe('p-queue', () => {
  test.each(['onIdle', 'onPendingZero'] as const)('a task that awaits %s waits for itself', async (method) => {
    const { default: PQueue } = await import('p-queue');
    const queue = new PQueue({ concurrency: 2 });
    void queue.add(async () => queue[method]());
    await turn();
    expect(found()).toEqual(['DEPT002 error queue']);
  });

  test('tasks of two queues that await each other are told to wait outside of the task', async () => {
    const { default: PQueue } = await import('p-queue');
    const [images, mails] = [new PQueue({ concurrency: 2 }), new PQueue({ concurrency: 2 })];
    await images.add(async () => mails.add(turn));
    await mails.add(async () => images.add(turn));
    expect(found()).toEqual(['DEPT001 error images mails']);
    expect(installation.findings[0]?.help).toEqual([
      expect.stringMatching(/^Let tasks of one of images and mails not wait for tasks of another one/),
      'Or add them without waiting for them.',
    ]);
  });

  test.each(['onIdle', 'onPendingZero'] as const)(
    'tasks of two queues that await %s of each other’s, which are done',
    async (method) => {
      const { default: PQueue } = await import('p-queue');
      const [reads, writes] = [new PQueue({ concurrency: 4 }), new PQueue({ concurrency: 1 })];
      await reads.add(turn);
      await writes.add(async () => reads[method]());
      expect(found()).toEqual([]);
      await reads.add(async () => writes[method]());
      expect(found()).toEqual(['DEPT001 error writes reads']);
      await nothingWaits();
    },
  );

  test('tasks of one queue alone that await onIdle of the other one are no circle', async () => {
    const { default: PQueue } = await import('p-queue');
    const [reads, writes] = [new PQueue({ concurrency: 4 }), new PQueue({ concurrency: 1 })];
    await reads.add(turn);
    await writes.add(async () => reads.onIdle());
    await writes.onIdle();
    await Promise.all([reads.add(turn), writes.add(async () => reads.onIdle())]);
    await reads.onIdle();
    expect(found()).toEqual([]);
    await nothingWaits();
  });

  test('a caller that awaits onIdle waits for no circle', async () => {
    const { default: PQueue } = await import('p-queue');
    const queue = new PQueue({ concurrency: 2 });
    for (let i = 0; i < 5; i++) void queue.add(turn);
    await queue.onSizeLessThan(2);
    await queue.onEmpty();
    await queue.onIdle();
    expect(found()).toEqual([]);
    await nothingWaits();
  });

  test('what is cleared or aborted before its turn waits no more', async () => {
    const { default: PQueue } = await import('p-queue');
    const queue = new PQueue({ concurrency: 1 });
    const abort = new AbortController();
    void queue.add(turn);
    const aborted = queue.add(turn, { signal: abort.signal });
    const settled = Promise.allSettled([aborted]);
    void (async () => queue.add(turn))();
    await turn();
    abort.abort();
    queue.clear();
    await settled;
    await queue.onIdle();
    await nothingWaits();
  });
});

describe.each([
  ['8', () => createRequire(new URL('../../../previous-majors/package.json', import.meta.url)).resolve('p-queue')],
  ['9', () => 'p-queue'],
  ['10', () => createRequire(new URL('../../../next-majors/package.json', import.meta.url)).resolve('p-queue')],
])('p-queue %s: a signal', (_, resolve) => {
  test('has no listener but those of the queue', async () => {
    const { default: PQueue } = (await import(resolve())) as typeof import('p-queue');
    const queue = new PQueue({ concurrency: 1 });
    const listeners = async (): Promise<number[]> => {
      const { signal } = new AbortController();
      const tasks = [queue.add(turn), queue.add(turn, { signal }), queue.add(turn, { signal })];
      const whileQueued = getEventListeners(signal, 'abort').length;
      await Promise.all(tasks);
      return [whileQueued, getEventListeners(signal, 'abort').length];
    };
    const watched = await listeners();
    installation.uninstall();
    expect(watched).toEqual(await listeners());
  });

  test('that was given up before lets the task wait for nothing', async () => {
    const { default: PQueue } = (await import(resolve())) as typeof import('p-queue');
    const queue = new PQueue({ concurrency: 1 });
    await expect(queue.add(turn, { signal: AbortSignal.abort(new Error('gone')) })).rejects.toThrow('gone');
    await nothingWaits();
  });
});

test('p-limit: what is cleared before its turn waits no more', async () => {
  const { default: pLimit } = await import('p-limit');
  const limit = pLimit({ concurrency: 1, rejectOnClear: true });
  const all = Promise.allSettled([limit(turn), limit(turn), limit(turn)]);
  await Promise.resolve();
  limit.clearQueue();
  expect((await all).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
  await nothingWaits();
});

test('p-limit: limitFunction is a limit, too', async () => {
  const { limitFunction } = await import('p-limit');
  const visit = limitFunction(
    async (depth: number): Promise<number> => (depth === 0 ? 0 : 1 + (await visit(depth - 1))),
    { concurrency: 3 },
  );
  expect(await visit(1)).toBe(1);
  expect(found()).toEqual(['DEPT001 error visit']);
});

test('fastq: a worker that awaits drained waits for itself, and killed tasks wait no more', async () => {
  const fastq = require('fastq') as typeof import('fastq');
  const queue = fastq.promise(async (job: () => Promise<unknown>) => job(), 1);
  void queue.push(() => queue.drained());
  const killed = queue.push(turn);
  void (async () => killed)();
  await turn();
  expect(found()).toEqual(['DEPT002 error queue']);
  queue.kill();
});

describe('async', () => {
  test('removed and killed tasks wait no more', async () => {
    const { queue } = await import('async');
    const made = queue(async (job: number) => (job === 1 ? turn() : undefined), 1) as ReturnType<
      typeof queue<number>
    > & {
      remove(test: (item: { data: number }) => boolean): void;
      kill(): void;
    };
    const first = made.pushAsync(1);
    for (const job of [2, 3]) void made.pushAsync(job);
    made.remove(({ data }) => data === 2);
    made.kill();
    void first;
    await turn();
    await nothingWaits();
  });

  test('a cargo that adds to itself and awaits that is a circle, whatever it had room for', async () => {
    const { cargo } = require('async') as {
      cargo: (worker: (jobs: number[]) => Promise<void>, payload: number) => { pushAsync(job: number): Promise<void> };
    };
    const ship = cargo(async (jobs) => {
      if (jobs.includes(1)) await ship.pushAsync(9);
    }, 3);
    void Promise.all([ship.pushAsync(1), ship.pushAsync(2)]);
    await turn();
    await turn();
    expect(found()).toEqual(['DEPT002 error ship']);
  });

  test('a list of jobs is one claim for each', async () => {
    const { queue } = await import('async');
    const made = queue(async (job: number) => job * 2, 2) as unknown as {
      pushAsync(jobs: readonly number[]): Promise<number>[];
    };
    expect(await Promise.all(made.pushAsync([1, 2, 3]))).toEqual([2, 4, 6]);
    expect(found()).toEqual([]);
    await nothingWaits();
  });
});

describe('bottleneck', () => {
  test('functions that one limiter wraps and that call each other are a circle, called after the limiter', async () => {
    const { default: Bottleneck } = await import('bottleneck');
    const github = new Bottleneck({ maxConcurrent: 2 });
    const inner = github.wrap(async () => 1);
    const outer = github.wrap(async () => inner());
    expect(await outer()).toBe(1);
    expect(found()).toEqual(['DEPT001 error github']);
  });

  test('dropped jobs wait no more, and stop() takes no slot', async () => {
    const { default: Bottleneck } = await import('bottleneck');
    const limiter = new Bottleneck({ maxConcurrent: 1 });
    const jobs = Promise.allSettled([limiter.schedule(turn), limiter.schedule(turn)]);
    await limiter.stop({ dropWaitingJobs: true });
    await jobs;
    expect(found()).toEqual([]);
    await nothingWaits();
  });

  test('a limiter without a maximum is not waited for', async () => {
    const { default: Bottleneck } = await import('bottleneck');
    const limiter = new Bottleneck({ minTime: 1 });
    expect(await limiter.schedule(() => limiter.schedule(async () => 7))).toBe(7);
    expect(found()).toEqual([]);
  });
});

test('cockatiel: who is refused waits for nobody', async () => {
  const { bulkhead } = await import('cockatiel');
  const policy = bulkhead(1, 0);
  const running = policy.execute(turn);
  await expect(policy.execute(turn)).rejects.toThrow('Bulkhead');
  await running;
  expect(found()).toEqual([]);
  await nothingWaits();
});

describe('async-lock', () => {
  const none = async (): Promise<void> => undefined;

  test('keys in one order are no circle, in two orders they are, by list or one inside the other', async () => {
    const lock = new AsyncLock();
    await lock.acquire(['a', 'b'], none);
    await lock.acquire('a', () => lock.acquire('b', none));
    expect(found()).toEqual([]);
    await lock.acquire(['b', 'a'], none);
    expect(found()).toEqual(['DEPT001 error lock lock']);
  });

  test('a wait that gives up makes a warning, and waits no more', async () => {
    const lock = new (AsyncLock as unknown as new (options: object) => AsyncLock)({ timeout: 5 });
    const outer = lock.acquire('a', () => lock.acquire('a', none));
    await expect(outer).rejects.toThrow('timed out');
    await nothingWaits();
    expect(found()).toEqual(['DEPT001 warning lock']);
    await lock.acquire('a', () => lock.acquire('b', none));
    await lock.acquire('b', () => lock.acquire('a', none));
    expect(found()).toEqual(['DEPT001 warning lock', 'DEPT001 warning lock lock']);
  });

  test('a wait that gives up has lasted, also where the process was busy for all of it', async () => {
    const lock = new (AsyncLock as unknown as new (options: object) => AsyncLock)({ timeout: 5 });
    const outer = lock.acquire('a', () => {
      const inner = lock.acquire('a', none);
      for (const begin = performance.now(); performance.now() - begin < 6; );
      return inner;
    });
    await expect(outer).rejects.toThrow('timed out');
    expect(found()).toEqual(['DEPT001 warning lock']);
  });

  test('who is refused because too many wait does not wait', async () => {
    const lock = new (AsyncLock as unknown as new (options: object) => AsyncLock)({ maxPending: 1 });
    void lock.acquire('a', never);
    const second = lock.acquire('a', none);
    void second;
    await expect(lock.acquire('a', none)).rejects.toThrow('Too many pending');
    expect(installation.waitsFor.open.length).toBeLessThan(2);
  });
});

describe('async-mutex, withTimeout', () => {
  interface Lock {
    runExclusive<T>(task: () => Promise<T>): Promise<T>;
    cancel(): void;
  }
  const load = () =>
    require('async-mutex') as {
      readonly Mutex: new () => Lock;
      readonly withTimeout: (lock: Lock, ms: number) => Lock;
    };
  const nested = async (outer: Lock, inner: Lock): Promise<void> =>
    outer.runExclusive(async () => {
      await turn();
      await inner.runExclusive(turn);
    });

  test('two orders that only the timeout ended are a warning', async () => {
    const { Mutex, withTimeout } = load();
    const [left, right] = [withTimeout(new Mutex(), 10), withTimeout(new Mutex(), 1_000)];
    const [first, second] = await Promise.allSettled([nested(left, right), nested(right, left)]);
    expect([first.status, second.status]).toEqual(['fulfilled', 'rejected']);
    expect(found()).toEqual([expect.stringMatching(/^DEPT001 warning (\S+) \1$/)]);
    await nothingWaits();
  });

  test('one that is called off is none, and its reason is what the caller gets', async () => {
    const { Mutex, withTimeout } = load();
    const [left, right] = [new Mutex(), withTimeout(new Mutex(), 1_000)];
    await nested(left, right);
    const held = right.runExclusive(async () => {
      const waiter = left.runExclusive(never);
      await turn();
      const given = right.runExclusive(turn);
      right.cancel();
      await expect(given).rejects.toThrow('canceled');
      void waiter;
    });
    await held;
    expect(found()).toEqual([]);
  });
});

describe('a DataLoader whose batches need a slot', () => {
  /** The batch function awaits nothing itself: it hands on what the queue gives. */
  async function render(how: 'in a slot' | 'beside them'): Promise<void> {
    const [{ default: PQueue }, { default: DataLoader }] = await Promise.all([import('p-queue'), import('dataloader')]);
    const slots = new PQueue({ concurrency: 1 });
    const users = new DataLoader<number, number>((ids) => Promise.all(ids.map((id) => slots.add(async () => id))));
    const load = async (): Promise<number> => await users.load(1);
    void (how === 'in a slot' ? slots.add(load) : load());
    for (let turns = 0; turns < 5; turns++) await turn();
  }

  test('is waited for in vain by whoever has the last one', async () => {
    await render('in a slot');
    expect(found()).toEqual(['DEPT002 error slots users#batch']);
  });

  test('is in nobody’s way beside them', async () => {
    await render('beside them');
    expect(found()).toEqual([]);
    await nothingWaits();
  });
});
