import assert from 'node:assert/strict';
import { DmaFenceCallback } from '../../../src/models/dma-buf/fence-callback.ts';
import type { DrmSchedEntity } from '../../../src/models/drm/entity.ts';
import { destroyEntity, finiEntity } from '../../../src/models/drm/entity-teardown.ts';
import { DRM_SCHED_PRIORITY_NORMAL, type DrmSchedPriority } from '../../../src/models/drm/priority.ts';
import { startScheduler, stopScheduler } from '../../../src/models/drm/recovery.ts';
import { hz } from '../../../src/models/jiffies.ts';
import { ECANCELED, ESRCH } from '../../../src/sync/errno.ts';
import { KernelCompletion } from '../../../src/sync/kernel-completion.ts';
import { Work } from '../../../src/sync/work.ts';
import { Workqueue } from '../../../src/sync/workqueue.ts';
import type { World } from '../../../src/sync/world.ts';
import { type MockJob, MockScheduler, mockTimeout } from '../drm/mock-scheduler.ts';
import { inKernel } from '../stage.ts';
import type { KernelCase } from './kernel-case.ts';

/** Runs what must neither warn nor look like a deadlock. */
async function quietly(body: (world: World) => Promise<void>): Promise<void> {
  const { findings, misuses } = await inKernel(body);
  assert.deepEqual(
    misuses.map(({ message }) => message),
    [],
  );
  // A test that waits with a timeout for what it will signal itself is a soft circle, which the timeout breaks.
  const hard = findings.filter(({ severity }) => severity === 'error');
  assert.deepEqual(
    hard.map(({ message }) => message),
    [],
  );
}

/** Submits `count` jobs round robin; each may depend on the one before. */
async function submitJobs(
  mock: MockScheduler,
  entities: readonly DrmSchedEntity[],
  count: number,
  chained: boolean,
): Promise<MockJob[]> {
  const jobs: MockJob[] = [];
  for (let i = 0; i < count; i++) {
    const job = mock.job(entities[i % entities.length] as DrmSchedEntity, 1000, { name: `job${i}` });
    const before = jobs.at(-1)?.finished;
    if (chained && before) await job.job.addDependency(before.get());
    await job.submit();
    jobs.push(job);
  }
  return jobs;
}

async function basicTest(entityCount: number, chained: boolean): Promise<void> {
  await quietly(async () => {
    const mock = new MockScheduler();
    const entities = Array.from({ length: entityCount }, (_, i) => mock.entity(DRM_SCHED_PRIORITY_NORMAL, `e${i}`));
    const jobs = await submitJobs(mock, entities, 100, chained);
    assert.equal(await jobs.at(-1)?.waitFinished(hz()), true);
    assert.ok(
      mock.ran.every((job, i) => job === jobs[i]),
      'jobs ran out of order',
    );
    for (const entity of entities) await destroyEntity(entity);
    await mock.sched.fini();
    assert.ok(jobs.every(({ freed }) => freed));
  });
}

async function basicSubmit(): Promise<void> {
  await quietly(async () => {
    const mock = new MockScheduler();
    const job = mock.job(mock.entity());
    await job.submit();
    assert.equal(await job.waitScheduled(hz()), true);
    assert.equal(await job.waitFinished(hz() / 2), false);
    assert.equal(await mock.advance(1), 1);
    assert.equal(await job.waitFinished(hz()), true);
  });
}

/** With no limit every job is on the hardware at once; with one some are still queued when the entities go. */
async function entityCleanup(creditLimit?: number): Promise<void> {
  await quietly(async (world: World) => {
    const mock = new MockScheduler(creditLimit === undefined ? {} : { creditLimit });
    const entities = Array.from({ length: 4 }, (_, i) => mock.entity(DRM_SCHED_PRIORITY_NORMAL, `e${i}`));
    const jobs = await submitJobs(mock, entities, 100, true);
    assert.equal(await jobs[50]?.waitFinished(hz()), true);
    for (const entity of entities) await finiEntity(entity);
    await mock.sched.fini();
    for (const job of jobs) {
      await job.finished?.wait(false);
      const isKilled = !mock.ran.includes(job);
      // What was on the hardware ended there or was cancelled; what was queued never ran.
      const allowed = isKilled ? [-ESRCH] : [0, -ECANCELED];
      assert.ok(allowed.includes(job.finished?.error ?? 1), `${job.job.name}: ${job.finished?.error}`);
    }
    assert.equal(mock.ran.length === jobs.length, creditLimit === undefined);
    await world.sleep(1);
    assert.ok(jobs.every(({ freed }) => freed));
  });
}

async function parallelSubmit(): Promise<void> {
  await quietly(async () => {
    const mock = new MockScheduler();
    const wq = new Workqueue({ name: 'drm-sched-test-wq' });
    const go = new KernelCompletion({ name: 'go' });
    const jobs: MockJob[] = [];
    for (let i = 0; i < 16; i++) {
      const entity = mock.entity(DRM_SCHED_PRIORITY_NORMAL, `worker${i}`);
      const own = Array.from({ length: 4 }, () => mock.job(entity));
      jobs.push(...own);
      const submit = async (): Promise<void> => {
        await go.wait();
        for (const job of own) await job.submit();
      };
      wq.queue(new Work(submit, { name: 'parallel_worker' }));
    }
    go.completeAll();
    await wq.flush();
    for (const job of jobs) {
      assert.equal(await job.waitScheduled(hz()), true);
      assert.equal(await job.waitFinished(0), false);
    }
    assert.equal(await mock.advance(64), 64);
    for (const job of jobs) assert.equal(await job.waitFinished(hz()), true);
  });
}

async function interleavedSubmit(workers: number, jobsEach: number): Promise<void> {
  await quietly(async () => {
    const mock = new MockScheduler();
    const wq = new Workqueue({ name: 'drm-sched-test-wq' });
    const jobs: MockJob[] = [];
    const maxPeriodUs = 100 * 2 ** 9;
    const timeout = Math.ceil((2 * workers * maxPeriodUs * hz()) / 1e6);
    for (let i = 0; i < workers; i++) {
      const entity = mock.entity(DRM_SCHED_PRIORITY_NORMAL, `worker${i}`);
      const run = async (): Promise<void> => {
        for (let n = 0; n < jobsEach; n++) {
          const job = mock.job(entity, 100 * 2 ** (i % 10));
          jobs.push(job);
          await job.submit();
          assert.equal(await job.waitFinished(timeout), true);
        }
      };
      wq.queue(new Work(run, { name: `interleaved_worker${i}` }));
    }
    await wq.flush();
    assert.equal(jobs.length, workers * jobsEach);
    assert.ok(jobs.every(({ flags }) => flags.has('DONE')));
  });
}

async function basicTimeout(): Promise<void> {
  await quietly(async () => {
    const mock = new MockScheduler({ timeout: mockTimeout() });
    const job = mock.job(mock.entity());
    await job.submit();
    assert.equal(await job.waitScheduled(hz()), true);
    assert.equal(await job.waitFinished(mockTimeout() / 2), false);
    assert.equal(job.flags.has('TIMEDOUT'), false);
    assert.equal(await job.waitFinished(mockTimeout()), false);
    assert.equal(job.flags.has('TIMEDOUT'), true);
  });
}

async function skipReset(): Promise<void> {
  await quietly(async () => {
    const mock = new MockScheduler({ timeout: mockTimeout() });
    const job = mock.job(mock.entity());
    job.flags.add('DONT_RESET');
    await job.submit();
    assert.equal(await job.waitScheduled(hz()), true);
    assert.equal(await job.waitFinished(2 * mockTimeout()), false);
    assert.equal(job.flags.has('RESET_SKIPPED'), true);
    assert.equal(await mock.advance(1), 1);
    assert.equal(await job.waitFinished(hz()), true);
  });
}

async function basicCancel(): Promise<void> {
  await quietly(async () => {
    const mock = new MockScheduler();
    const entity = mock.entity();
    const job = mock.job(entity);
    await job.submit();
    assert.equal(await job.waitScheduled(hz()), true);
    await destroyEntity(entity);
    await mock.sched.fini();
    assert.equal(job.hwFence?.error, -ECANCELED);
    assert.equal(job.finished?.error, -ECANCELED);
  });
}

async function priorities(): Promise<void> {
  await quietly(async () => {
    const mock = new MockScheduler();
    const entities = ([0, 1, 2, 3] as const).map((priority) => mock.entity(priority, `priority${priority}`));
    const jobs = await submitJobs(mock, entities, 100, false);
    assert.equal(await jobs.at(-1)?.waitFinished(hz()), true);
  });
}

async function changePriority(): Promise<void> {
  await quietly(async (world: World) => {
    const mock = new MockScheduler();
    const entities = ([0, 1, 2, 3] as const).map((priority) => mock.entity(priority, `e${priority}`));
    let isOver = false;
    world.task('priority rotation', async () => {
      for (let turn = 1; !isOver; turn++) {
        for (const [i, entity] of entities.entries()) await entity.setPriority(((i + turn) % 4) as DrmSchedPriority);
        await world.sleep(0.2 + 0.1 * (turn % 4));
      }
    });
    const jobs = await submitJobs(mock, entities, 1000, false);
    assert.equal(await jobs.at(-1)?.waitFinished(5 * hz()), true);
    isOver = true;
  });
}

/** Entities are told to use another scheduler while their jobs run; what is queued stays where it is. */
async function modifySched(): Promise<void> {
  await quietly(async (world) => {
    const mocks = [0, 1, 2].map((index) => new MockScheduler({ name: `mock${index}` }));
    const owners = Array.from({ length: 13 }, (_, i) => mocks[i % mocks.length] as MockScheduler);
    const entities = owners.map((mock, i) => mock.entity(DRM_SCHED_PRIORITY_NORMAL, `e${i}`));
    const jobs: MockJob[] = [];
    for (let i = 0; i < 1000; i++) {
      const at = i % entities.length;
      const job = (owners[at] as MockScheduler).job(entities[at] as DrmSchedEntity, 1000);
      await job.submit();
      jobs.push(job);
    }
    const last = jobs.at(-1) as MockJob;
    for (let turn = 1; !last.flags.has('DONE'); turn++) {
      await world.sleep(0.2 + 0.1 * (turn % 4));
      const { sched } = mocks[turn % mocks.length] as MockScheduler;
      await entities[turn % entities.length]?.modifySched([sched]);
    }
    assert.ok(await last.waitFinished(hz()));
    assert.equal(
      mocks.reduce((sum, { ran }) => sum + ran.length, 0),
      1000,
    );
  });
}

async function credits(): Promise<void> {
  await quietly(async () => {
    const mock = new MockScheduler({ creditLimit: 1 });
    const entity = mock.entity();
    const jobs = [mock.job(entity), mock.job(entity)] as const;
    for (const job of jobs) await job.submit();
    assert.equal(await jobs[0].waitScheduled(hz()), true);
    assert.equal(await jobs[1].waitScheduled(hz()), false);
    assert.equal(await mock.advance(1), 1);
    assert.equal(await jobs[0].waitFinished(hz()), true);
    assert.equal(await jobs[1].waitScheduled(hz()), true);
    assert.equal(await mock.advance(1), 1);
    assert.equal(await jobs[1].waitFinished(hz()), true);
  });
}

async function locksDiffer(schedFenceInlineLock: boolean): Promise<void> {
  await quietly(async () => {
    const mock = new MockScheduler({ fixes: { schedFenceInlineLock } });
    const job = mock.job(mock.entity());
    await job.job.arm();
    const { scheduled, finished } = job.job.schedFence;
    assert.equal(scheduled.spinlock() !== finished.spinlock(), schedFenceInlineLock);
  });
}

/** A callback of the scheduled fence asks for the finished one. */
async function crossCallback(schedFenceInlineLock: boolean): Promise<readonly string[]> {
  let called = false;
  const { run, circles } = await inKernel(
    async () => {
      const mock = new MockScheduler({ fixes: { schedFenceInlineLock } });
      const job = mock.job(mock.entity());
      await job.job.arm();
      const { scheduled, finished } = job.job.schedFence;
      await scheduled.addCallback(new DmaFenceCallback(), async () => {
        await finished.addCallback(new DmaFenceCallback(), () => {
          called = true;
        });
      });
      await scheduled.signal();
      await finished.signal();
    },
    { mayHang: !schedFenceInlineLock },
  );
  assert.equal(called, schedFenceInlineLock);
  assert.equal(run.stuck.length, schedFenceInlineLock ? 0 : 1);
  return circles();
}

async function stopStartErrno(): Promise<void> {
  await quietly(async () => {
    const mock = new MockScheduler();
    const jobs = [mock.job(mock.entity()), mock.job(mock.entity())] as const;
    for (const job of jobs) await job.submit();
    for (const job of jobs) assert.equal(await job.waitScheduled(hz()), true);
    const bad = mock.sched.pending.shift();
    assert.ok(bad);
    await stopScheduler(mock.sched, bad);
    await startScheduler(mock.sched, 0);
    for (const { finished } of jobs) {
      assert.equal(await finished?.wait(false), 0);
      assert.equal(finished?.error, -ECANCELED);
    }
  });
}

export const SCHED_CASES: readonly KernelCase[] = [
  { id: 'SCH-01', title: 'basic_submit', fixed: basicSubmit },
  { id: 'SCH-02', title: 'basic_test/single_queue', fixed: () => basicTest(1, false) },
  { id: 'SCH-03', title: 'basic_test/dep_chain_single', fixed: () => basicTest(1, true) },
  { id: 'SCH-04', title: 'basic_test/multi_queue', fixed: () => basicTest(4, false) },
  { id: 'SCH-05', title: 'basic_test/multi_interdependent', fixed: () => basicTest(4, true) },
  {
    id: 'SCH-06',
    title: 'entity_cleanup',
    fixed: async () => {
      await entityCleanup();
      await entityCleanup(8);
    },
  },
  { id: 'SCH-07', title: 'parallel_submit', fixed: parallelSubmit },
  {
    id: 'SCH-08',
    title: 'interleaved_submit',
    fixed: async () => {
      await interleavedSubmit(32, 1);
      await interleavedSubmit(16, 4);
    },
  },
  { id: 'SCH-09', title: 'basic_timeout', fixed: basicTimeout },
  { id: 'SCH-10', title: 'skip_reset', fixed: skipReset },
  { id: 'SCH-11', title: 'basic_cancel', fixed: basicCancel },
  { id: 'SCH-12', title: 'priorities', fixed: priorities },
  { id: 'SCH-13', title: 'change_priority', fixed: changePriority },
  { id: 'SCH-14', title: 'modify_sched', fixed: modifySched },
  { id: 'SCH-15', title: 'credits', fixed: credits },
  {
    id: 'SCH-16',
    title: 'locks_differ',
    fixed: () => locksDiffer(true),
    before: () => locksDiffer(false),
  },
  {
    id: 'SCH-17',
    title: 'cross_callback',
    fixed: async () => assert.deepEqual(await crossCallback(true), []),
    before: async () => assert.deepEqual(await crossCallback(false), ['drm_sched_fence.lock']),
  },
  { id: 'SCH-23', title: 'stop_start_errno', fixed: stopStartErrno },
];
