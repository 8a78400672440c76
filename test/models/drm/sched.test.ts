import { describe, expect, test } from 'vitest';
import { DmaFence } from '../../../src/models/dma-buf/fence.ts';
import { DmaFenceCallback } from '../../../src/models/dma-buf/fence-callback.ts';
import { DrmSchedEntity, type Guilty } from '../../../src/models/drm/entity.ts';
import { destroyEntity, finiEntity, flushEntity } from '../../../src/models/drm/entity-teardown.ts';
import { DrmSchedJob } from '../../../src/models/drm/job.ts';
import type { DrmSchedPolicy } from '../../../src/models/drm/priority.ts';
import { increaseKarma, resubmitJobs, stopScheduler } from '../../../src/models/drm/recovery.ts';
import { DONT_PIPELINE } from '../../../src/models/drm/sched-fence.ts';
import { KernelMutex } from '../../../src/sync/kernel-mutex.ts';
import { exploreWorld } from '../explore-world.ts';
import { inKernel } from '../stage.ts';
import { type MockJob, MockScheduler } from './mock-scheduler.ts';

const OPS = { getDriverName: () => 'other', getTimelineName: () => 'other' };
const foreign = (context = 900): DmaFence => new DmaFence(OPS, null, context, 1, { map: 'foreign_fence' });

describe('the two fences of a job', () => {
  test('contexts are neighbours, numbers the same, ops stay after the signal, the memory goes with the last reference', async () => {
    await inKernel(async (world) => {
      const mock = new MockScheduler();
      const entity = mock.entity();
      const job = mock.job(entity, 1000);
      const { schedFence } = job.job;
      await job.submit();
      const [scheduled, finished] = [schedFence.scheduled, schedFence.finished];
      expect([scheduled.context + 1, scheduled.seqno]).toEqual([finished.context, finished.seqno]);
      await job.waitFinished(100);
      await world.sleep(5);
      expect(finished.ops).not.toBeNull();
      await finiEntity(entity);
      await job.finished?.put();
      await world.sleep(5);
      expect(schedFence.memory.freed).toBe(false);
      await job.scheduled?.put();
      await world.sleep(5);
      expect([schedFence.memory.freed, job.hwFence?.refcount]).toEqual([true, 1]);
    });
  });

  test('the earliest deadline is kept, and told to the hardware fence once', async () => {
    await inKernel(async () => {
      const told: number[] = [];
      const parent = new DmaFence({ ...OPS, setDeadline: (_fence, at) => void told.push(at) }, null, 5, 1);
      const mock = new MockScheduler();
      const { job } = mock.job(mock.entity());
      await job.arm();
      const { schedFence } = job;
      for (const at of [30, 10, 20]) await schedFence.finished.setDeadline(at);
      expect([schedFence.deadline, told]).toEqual([10, []]);
      await schedFence.schedule(parent);
      expect(told).toEqual([10]);
      await schedFence.finished.setDeadline(15);
      await schedFence.finished.setDeadline(7);
      expect([schedFence.deadline, told]).toEqual([7, [10, 7]]);
    });
  });

  test('a deadline set while the job gets its hardware fence is not lost, in any order', async () => {
    const { fault, hang, complete } = await exploreWorld(
      (world) => {
        const told: number[] = [];
        world.task('setup', async () => {
          const parent = new DmaFence({ ...OPS, setDeadline: (_fence, at) => void told.push(at) }, null, 5, 1);
          const mock = new MockScheduler();
          const { job } = mock.job(mock.entity());
          await job.arm();
          const { schedFence } = job;
          world.task('run_job', () => schedFence.schedule(parent));
          world.task('deadline', () => schedFence.finished.setDeadline(10));
        });
        return () => (told.includes(10) ? null : 'the deadline is lost');
      },
      { preemptions: 2, maxSchedules: 20_000 },
    );
    expect([fault, hang, complete]).toEqual([null, null, true]);
  });

  test('a lock taken for one fence and released for another is told', async () => {
    const { thrown } = await inKernel(
      async () => {
        const mock = new MockScheduler();
        const { job } = mock.job(mock.entity());
        await job.arm();
        const flags = await job.schedFence.finished.lockIrqsave();
        job.schedFence.scheduled.unlockIrqrestore(flags);
      },
      { mayCrash: true },
    );
    expect(thrown).toMatchObject([{ code: 'ERR_DEPT_BAD_FLAGS' }]);
  });
});

describe('what a job waits for', () => {
  test('on one ring until the other job is scheduled, elsewhere or without pipelining until it is finished', async () => {
    for (const [kind, early] of [
      ['same ring', true],
      ['no pipelining', false],
      ['other ring', false],
    ] as const) {
      await inKernel(async (world) => {
        const mock = new MockScheduler();
        const other = kind === 'other ring' ? new MockScheduler() : mock;
        const first = other.job(other.entity());
        const second = mock.job(mock.entity());
        await first.submit();
        const finished = first.finished as DmaFence;
        if (kind === 'no pipelining') finished.testAndSetFlag(DONT_PIPELINE);
        await second.job.addDependency(finished.get());
        await second.submit();
        await world.sleep(5);
        expect(mock.ran.includes(second)).toBe(early);
        await other.advance(1);
        await world.sleep(5);
        expect(mock.ran.includes(second)).toBe(true);
      });
    }
  });

  test('of one context only the later fence; prepareJob adds its own', async () => {
    await inKernel(async (world) => {
      const extra = [foreign(801), foreign(802)];
      const mock = new MockScheduler();
      Object.assign(mock.sched.ops, { prepareJob: () => extra.shift()?.get() ?? null });
      const all = [...extra];
      const job = mock.job(mock.entity());
      const [older, newer] = [1, 2].map((seqno) => new DmaFence(OPS, null, 7, seqno)) as [DmaFence, DmaFence];
      for (const fence of [newer.get(), older.get()]) expect(await job.job.addDependency(fence)).toBe(0);
      expect(job.job.dependencies).toEqual([newer]);
      expect([older.refcount, await job.job.addDependency(null)]).toEqual([1, 0]);
      await job.submit();
      for (const fence of [newer, ...all]) {
        await world.sleep(1);
        expect(mock.ran).toEqual([]);
        await fence.signal();
      }
      await world.sleep(1);
      expect(mock.ran).toEqual([job]);
    });
  });
});

describe('what is run next', () => {
  async function order(policy: DrmSchedPolicy): Promise<string[]> {
    let names: string[] = [];
    await inKernel(async () => {
      const mock = new MockScheduler({ policy, creditLimit: 1 });
      const [a, b] = [mock.entity(2, 'a'), mock.entity(policy === 'fair' ? 3 : 2, 'b')];
      const jobs: MockJob[] = [];
      for (const [entity, name] of [
        [a, 'a1'],
        [a, 'a2'],
        [a, 'a3'],
        [b, 'b1'],
        [b, 'b2'],
      ] as const) {
        const job = mock.job(entity, 100, { name });
        jobs.push(job);
        await job.submit();
      }
      for (const job of jobs) await job.waitFinished(100);
      names = mock.ran.map(({ job }) => job.name);
    });
    return names;
  }

  test('fifo by submission, round robin in turns, fair by what was run, weighed by priority', async () => {
    expect(await order('fifo')).toEqual(['a1', 'a2', 'a3', 'b1', 'b2']);
    expect(await order('rr')).toEqual(['a1', 'b1', 'a2', 'b2', 'a3']);
    expect(await order('fair')).toEqual(['a1', 'b1', 'a2', 'a3', 'b2']);
  });

  test('important entities first; a job that finds no credits is not overtaken; one above the limit is cut to it', async () => {
    const { messages } = await inKernel(async (world) => {
      const mock = new MockScheduler({ creditLimit: 4 });
      const [kernel, low] = [mock.entity(0, 'kernel'), mock.entity(3, 'low')];
      const jobs = [
        mock.job(low, null, { credits: 3 }),
        mock.job(kernel, null, { credits: 2 }),
        mock.job(low),
        mock.job(low, null, { credits: 9 }),
      ];
      await jobs[0]?.submit();
      await world.sleep(1);
      for (const job of jobs.slice(1)) await job.submit();
      await world.sleep(1);
      expect([mock.ran.length, mock.sched.creditCount]).toEqual([1, 3]);
      for (const [ran, credits] of [
        [3, 3],
        [3, 1],
        [4, 4],
      ]) {
        await mock.advance(1);
        await world.sleep(1);
        expect([mock.ran.length, mock.sched.creditCount]).toEqual([ran, credits]);
      }
      expect(mock.ran[1]).toBe(jobs[1]);
    });
    expect(messages('warn').filter((message) => message.includes('truncate'))).toHaveLength(1);
  });

  test('init refuses no credits and no scheduler; entities go to the scheduler with the least to do', async () => {
    await inKernel(async (world) => {
      const [first, second] = [new MockScheduler(), new MockScheduler()];
      expect(DrmSchedEntity.init('none', 2, [])).toBe(-22);
      expect(DrmSchedJob.init(first.entity(), { credits: 0 })).toBe(-22);
      const busy = first.job(first.entity());
      await busy.submit();
      const entity = DrmSchedEntity.init('two', 2, [first.sched, second.sched]) as DrmSchedEntity;
      const job = second.job(entity);
      await job.submit();
      await world.sleep(1);
      expect([first.ran, second.ran]).toEqual([[busy], [job]]);
    });
  });
});

describe('jobs that hang', () => {
  test('the entity is guilty, its later jobs end with -ECANCELED; the kernel itself never is', async () => {
    await inKernel(async (world) => {
      const mock = new MockScheduler({ creditLimit: 1 });
      const guilty: Guilty = { value: false };
      const entity = mock.entity(2, 'user', guilty);
      const [user, later] = [mock.job(entity), mock.job(entity)];
      const kernel = mock.job(mock.entity(0, 'kernel', { value: false }));
      await user.submit();
      await world.sleep(1);
      await later.submit();
      increaseKarma(user.job);
      expect([guilty.value, user.job.karma]).toEqual([true, 1]);
      await mock.advance(1);
      await world.sleep(1);
      expect([mock.ran.includes(later), later.finished?.error]).toEqual([true, -125]);
      await mock.advance(1);
      await kernel.submit();
      increaseKarma(kernel.job);
      expect(kernel.job.karma).toBe(0);
    });
  });

  test('resubmission leaves out the context with too much karma', async () => {
    await inKernel(async (world) => {
      const mock = new MockScheduler({ hangLimit: 0 });
      const jobs = [mock.job(mock.entity(2, 'bad', { value: false })), mock.job(mock.entity(2, 'good'))] as const;
      for (const job of jobs) await job.submit();
      await world.sleep(1);
      const bad = mock.sched.pending.shift() as DrmSchedJob;
      await stopScheduler(mock.sched, bad);
      increaseKarma(bad);
      await resubmitJobs(mock.sched);
      expect(jobs.map(({ finished }) => finished?.error)).toEqual([-125, 0]);
    });
  });

  test('a device that is gone re-arms no timer; a suspended timer goes on with what was left', async () => {
    await inKernel(async (world) => {
      const mock = new MockScheduler({ timeout: 50 });
      await mock.job(mock.entity()).submit();
      await world.sleep(80);
      const left = mock.sched.timeout.suspend();
      expect([left, mock.sched.timeout.due]).toEqual([30, null]);
      await mock.sched.timeout.resume(left);
      expect(mock.sched.timeout.due).toBe(50);
      Object.assign(mock.sched.ops, { timedoutJob: () => 'enodev' });
      mock.sched.timeout.fault();
      await world.sleep(1);
      expect([mock.sched.timeout.due, mock.sched.pending]).toEqual([null, []]);
    });
  });
});

describe('teardown', () => {
  test('a flush waits until the queue is empty, at most for its timeout when the process exits, and kills for SIGKILL', async () => {
    await inKernel(async (world) => {
      const mock = new MockScheduler({ creditLimit: 1 });
      const entity = mock.entity();
      const jobs = [mock.job(entity), mock.job(entity)] as const;
      for (const job of jobs) await job.submit();
      const since = world.jiffies;
      expect(await flushEntity(entity, 100, { exiting: true })).toBe(0);
      expect([world.jiffies - since, entity.stopped]).toEqual([100, false]);
      await flushEntity(entity, 1, { exiting: true, killed: true });
      expect(entity.stopped).toBe(true);
      await mock.advance(1);
      expect(await jobs[1].finished?.wait(false)).toBe(0);
      expect([jobs[1].finished?.error, mock.ran.length]).toEqual([-3, 1]);
      await destroyEntity(entity);
      await mock.sched.fini();
    });
  });

  test('a killed job waits for its own dependencies too', async () => {
    await inKernel(async (world) => {
      const mock = new MockScheduler();
      const [entity, fence] = [mock.entity(), foreign()];
      const job = mock.job(entity);
      await job.job.addDependency(fence.get());
      await job.submit();
      await world.sleep(1);
      await finiEntity(entity);
      await world.sleep(1);
      expect(job.finished?.testSignaledFlag()).toBe(false);
      await fence.signal();
      await world.sleep(1);
      expect([job.finished?.error, job.freed, fence.refcount]).toEqual([-3, true, 1]);
    });
  });

  test.each([true, false])('dependencies of killed jobs are awaited from a work item: %s', async (killJobsInWork) => {
    const { stuck, run } = await inKernel(
      async (world) => {
        const mock = new MockScheduler({ creditLimit: 1, fixes: { killJobsInWork } });
        const entity = mock.entity();
        // Both hardware fences of the ring share its lock: waiting for one under the lock of the other is waiting for oneself.
        const running = mock.job(entity);
        await running.submit();
        await world.sleep(1);
        const queued = mock.job(entity);
        const sibling = new DmaFence(OPS, (running.finished as DmaFence).spinlock(), 901, 1);
        await queued.job.addDependency(sibling.get());
        await queued.submit();
        world.task('kill', () => finiEntity(entity));
        await world.sleep(1);
        await mock.advance(1);
        await world.sleep(1);
        await sibling.signal();
        await queued.finished?.wait(false);
      },
      { mayHang: !killJobsInWork },
    );
    expect(run.stuck.length > 0).toBe(!killJobsInWork);
    expect(stuck).toEqual(killJobsInWork ? [] : ['test']);
  });

  test.each([true, false])('fini leaves entities alone: %s', async (entitiesOutliveNothing) => {
    await inKernel(async () => {
      const mock = new MockScheduler({ fixes: { entitiesOutliveNothing } });
      const entity = mock.entity();
      const job = mock.job(entity, 10);
      await job.submit();
      await job.waitFinished(10);
      await mock.sched.fini();
      expect(entity.stopped).toBe(!entitiesOutliveNothing);
    });
  });

  test('works that wait for each other: a stop under a lock that a job takes hangs, and DEPT says why', async () => {
    const { circles, stuck } = await inKernel(
      async (world) => {
        const mock = new MockScheduler();
        const lock = new KernelMutex({ name: 'lock_x' });
        const runJob = mock.sched.ops.runJob.bind(mock.sched.ops);
        Object.assign(mock.sched.ops, {
          runJob: async (job: DrmSchedJob) => {
            await world.sleep(5);
            await lock.lock();
            lock.unlock();
            return await runJob(job);
          },
        });
        await mock.job(mock.entity()).submit();
        await world.sleep(1);
        await lock.lock();
        await stopScheduler(mock.sched, null);
      },
      { mayHang: true },
    );
    expect(stuck).toContain('test');
    expect(circles().some((names) => names.includes('lock_x') && names.includes('drm_sched_run_job_work'))).toBe(true);
  });

  test('a callback on the finished fence runs once, also when the job is killed', async () => {
    await inKernel(async (world) => {
      const mock = new MockScheduler({ creditLimit: 1 });
      const entity = mock.entity();
      const jobs = [mock.job(entity), mock.job(entity)] as const;
      let called = 0;
      for (const job of jobs) {
        await job.submit();
        await job.finished?.addCallback(new DmaFenceCallback(), () => void called++);
      }
      await world.sleep(1);
      await finiEntity(entity);
      await mock.advance(1);
      await world.sleep(1);
      expect(called).toBe(2);
    });
  });
});
