// Deadlocks that were found in the kernel, D1 to D24 of our facts, each in a run that does not hang.
import assert from 'node:assert/strict';
import { DmaFence } from '../../../src/models/dma-buf/fence.ts';
import { DmaFenceArray } from '../../../src/models/dma-buf/fence-array.ts';
import { DmaFenceCallback } from '../../../src/models/dma-buf/fence-callback.ts';
import { FenceContract } from '../../../src/models/dma-buf/fence-contract.ts';
import { DmaResv, RESERVATION_WW_CLASS } from '../../../src/models/dma-buf/resv.ts';
import { DmaResvUsageLevel } from '../../../src/models/dma-buf/resv-usage.ts';
import { DrmExec } from '../../../src/models/drm/exec.ts';
import { MAX_SCHEDULE_TIMEOUT } from '../../../src/models/jiffies.ts';
import { mmapLock } from '../../../src/models/mm/mmap-lock.ts';
import { EFAULT } from '../../../src/sync/errno.ts';
import { Folio } from '../../../src/sync/folio.ts';
import { KernelCompletion } from '../../../src/sync/kernel-completion.ts';
import { SpinLock } from '../../../src/sync/spinlock.ts';
import { Work } from '../../../src/sync/work.ts';
import { Workqueue } from '../../../src/sync/workqueue.ts';
import { blockDevice } from '../block/stage.ts';
import { attached, MockExporter } from '../dma-buf/mock-exporter.ts';
import { exploreWorld } from '../explore-world.ts';
import { inKernel } from '../stage.ts';
import {
  allocates,
  awaits,
  circle,
  Fences,
  happened,
  inTurns,
  mutex,
  objectOf,
  owing,
  reading,
  reclaiming,
  takes,
  under,
  writing,
} from './deadlock-stage.ts';
import { MOCK_NAMES } from './fence-fixtures.ts';
import type { KernelCase } from './kernel-case.ts';

const RESV = RESERVATION_WW_CLASS.name;

const fenceDeadlocks: readonly KernelCase[] = [
  circle('DEPT-D01', 'fence signalling allocates, reclaim waits for the fence', ['fs_reclaim', 'fence'], (world) => {
    const fences = new Fences('fence');
    inTurns({ signaller: fences.signals(allocates), shrinker: reclaiming(fences.waits()) })(world);
  }),
  circle(
    'DEPT-D02',
    'drm_sched kill_jobs_cb takes xa_lock under the fence lock',
    ['fence_lock', 'xa_lock'],
    (world) => {
      const [fenceLock, xaLock] = [new SpinLock({ name: 'fence_lock' }), new SpinLock({ name: 'xa_lock' })];
      const signal = async (): Promise<void> => {
        const flags = await fenceLock.lockIrqsave();
        await xaLock.lock();
        xaLock.unlock();
        fenceLock.unlockIrqrestore(flags);
      };
      world.task('kill_jobs_cb', signal);
      world.task('elsewhere', async () => {
        await world.sleep(1);
        await xaLock.lock();
        xaLock.unlock();
      });
      world.task('interrupted', async () => {
        await world.sleep(2);
        await world.hardirq(async () => {
          await fenceLock.lock();
          fenceLock.unlock();
        });
      });
    },
  ),
  circle(
    'DEPT-D05',
    'the last put in a signal loop takes the timeline lock again',
    ['timeline_lock'],
    (world) => {
      const timeline = new SpinLock({ name: 'timeline_lock' });
      const release = async (fence: DmaFence): Promise<void> => {
        const flags = await timeline.lockIrqsave();
        timeline.unlockIrqrestore(flags);
        fence.free();
      };
      world.task('signal loop', async () => {
        const fence = new DmaFence({ ...MOCK_NAMES, release }, timeline, 1, 1);
        await fence.addCallback(new DmaFenceCallback(), () => fence.put());
        const flags = await timeline.lockIrqsave();
        await fence.signalLocked();
        timeline.unlockIrqrestore(flags);
      });
    },
    { mayHang: true },
  ),
  circle(
    'DEPT-D06',
    'a fence array locks its members, a member locks the array',
    ['array_lock', 'member_lock'],
    (world) => {
      const member = new DmaFence(MOCK_NAMES, null, 1, 1, { lockClass: 'member_lock' });
      world.task('test', async () => {
        const options = { deferSignal: false, lockClass: 'array_lock' };
        const array = new DmaFenceArray([member], 2, 1, false, options);
        await array.base.addCallback(new DmaFenceCallback(), () => undefined);
        await member.signal();
      });
    },
  ),
  circle(
    'DEPT-D07',
    'a timer that waits for its own handler',
    ['timer'],
    (world) => {
      const handler = new KernelCompletion({ name: 'timer' });
      world.task('handler', owing(handler, awaits(handler)));
    },
    { mayHang: true },
  ),
  {
    id: 'DEPT-D08',
    title: 'a fence is published and never signaled: a leak, not a circle',
    fixed: async () => {
      let broken: readonly string[] = [];
      const run = await inKernel(async (world) => {
        const contract = FenceContract.watch();
        new DmaFence(MOCK_NAMES, null, 1, 1, { map: 'fence' }).publish();
        await world.sleep(60_000);
        contract.finish();
        broken = contract.broken;
      });
      assert.deepEqual(run.circles(), []);
      assert.deepEqual(broken, ['R1']);
    },
  },
];

const gpuDeadlocks: readonly KernelCase[] = [
  circle(
    'DEPT-D03',
    'amdkfd eviction: fence, mmap_lock and resv, broken by the TTM timeout only',
    ['fence', 'mmap_lock', RESV],
    (world) => {
      const [mmap, resv, fences] = [mmapLock(), new DmaResv(), new Fences('fence')];
      inTurns({
        TTM: under(resv, fences.waits(15 * 250)),
        'restore worker': writing(mmap, takes(resv)),
        'eviction worker': fences.signals(reading(mmap)),
      })(world);
    },
  ),
  circle(
    'DEPT-D04',
    'amdkfd mmput inside an MMU notifier',
    ['mmap_lock'],
    (world) => {
      const mmap = mutex('mmap_lock');
      world.task('notifier', under(mmap, takes(mmap)));
    },
    { mayHang: true },
  ),
  // Two readers do not wait for each other, but each waits for a writer that waits for the other one.
  circle('DEPT-D09', 'ipu6 and i915: fault path and map path', ['mmap_lock', RESV], (world) => {
    const [mmap, resv, exporter] = [mmapLock(), new DmaResv(), new MockExporter()];
    const map = async (): Promise<void> => {
      // The exporter pins pages of a program to map them.
      const mapDmaBuf = async (): Promise<number> => reading(mmap)().then(() => -EFAULT);
      const dmabuf = await exporter.export({ resv, ops: { ...exporter.ops, mapDmaBuf } });
      assert.equal(await (await attached(dmabuf)).mapUnlocked('to-device'), -EFAULT);
    };
    inTurns({ 'page fault': reading(mmap, takes(resv)), map, mmap: writing(mmap) })(world);
  }),
  circle('DEPT-D10', 'nouveau copies to user memory under reservations', ['mmap_lock', RESV], (world) => {
    const [mmap, resv, exec] = [mmapLock(), new DmaResv(), new DrmExec()];
    const pushbuf = async (): Promise<void> => {
      assert.equal(await exec.untilAllLocked(() => exec.lockObj(objectOf(resv))), 0);
      await reading(mmap)();
      await exec.fini();
    };
    inTurns({ pushbuf, fault: reading(mmap, takes(resv)), mmap: writing(mmap) })(world);
  }),
  {
    id: 'DEPT-D11',
    title: 'etnaviv waits with a timeout for an event slot: soft, and only where timeouts are tracked',
    fixed: async () => {
      const build = inTurnsOfEtnaviv();
      const soft = await inKernel(build);
      assert.deepEqual(soft.circles(), ['event_slot gpu_lock']);
      assert.deepEqual(
        soft.findings.map(({ severity }) => severity),
        ['warning'],
      );
      const linux = await inKernel(inTurnsOfEtnaviv(), { dept: { rules: 'linux' } });
      assert.deepEqual(linux.circles(), []);
    },
  },
  circle('DEPT-D12', 'cancel_work_sync under a lock that the work takes', ['lock_x', 'sched_work'], (world) => {
    const lock = mutex('lock_x');
    const queue = new Workqueue({ name: 'sched' });
    const work = new Work(takes(lock), { name: 'sched_work' });
    world.task('run', async () => {
      queue.queue(work);
      await queue.flushWork(work);
      await under(lock, () => queue.cancelWorkSync(work).then(() => undefined))();
    });
  }),
  circle(
    'DEPT-D13',
    'amdgpu CS waits for an old fence under reservations, the reset takes them',
    [RESV, 'fence'],
    (world) => {
      const [resv, fences] = [new DmaResv(), new Fences('fence')];
      inTurns({ CS: under(resv, fences.waits()), reset: fences.signals(takes(resv)) })(world);
    },
  ),
  circle(
    'DEPT-D14',
    'Mesa: two mutexes and a submission',
    ['bo_fence_lock', 'pb_cache.mutex', 'submission'],
    (world) => {
      const [bo, cache, submission] = [mutex('bo_fence_lock'), mutex('pb_cache.mutex'), happened('submission')];
      inTurns({
        flush: under(bo, awaits(submission)),
        bo_create: under(cache, takes(bo)),
        CS: owing(submission, takes(cache)),
      })(world);
    },
  ),
  {
    id: 'DEPT-D15-search',
    title: 'block dmabuf map: every schedule of a move and a request',
    fixed: async () => {
      const { fault, hang, complete } = await moveSearch(true);
      assert.deepEqual([fault, hang, complete], [null, null, true]);
    },
    before: async () => assert.notEqual((await moveSearch(false)).hang, null),
  },
  circle('DEPT-D15', 'block dmabuf map: unmapping before the signal', [RESV, 'map_fence'], (world) => {
    const [resv, fences] = [new DmaResv(), new Fences('map_fence')];
    inTurns({ exporter: under(resv, fences.waits()), 'free work': fences.signals(takes(resv)) })(world);
  }),
  circle('DEPT-D19', 'i915 gvt: create and workload thread', ['gvt_lock', 'struct_mutex'], (world) => {
    const [gvt, struct] = [mutex('gvt_lock'), mutex('struct_mutex')];
    inTurns({ create: under(gvt, takes(struct)), workload: under(struct, takes(gvt)) })(world);
  }),
  circle(
    'DEPT-D20',
    'amdkfd exit: works and the last put',
    ['deferred_work', 'mm_release', 'restore_work'],
    (world) => {
      const [release, restore, deferred] = [
        happened('mm_release'),
        happened('restore_work'),
        happened('deferred_work'),
      ];
      inTurns({
        exit: owing(release, awaits(restore)),
        restore: owing(restore, awaits(deferred)),
        deferred: owing(deferred, awaits(release)),
      })(world);
    },
  ),
];

/** The exporter moves the buffer while a request is under way, in every schedule with one preemption. */
function moveSearch(signalBeforeUnmap: boolean): ReturnType<typeof exploreWorld> {
  return exploreWorld(
    (world) => {
      world.task('setup', async () => {
        const block = await blockDevice({ fixes: { signalBeforeUnmap } });
        const token = await block.register();
        world.task('request', async () => {
          await block.submit(token);
          block.nvme.complete();
        });
        world.task('exporter', () => block.exporter.move());
      });
      return () => null;
    },
    { preemptions: 1 },
  );
}

function inTurnsOfEtnaviv(): (world: import('../../../src/sync/world.ts').World) => void {
  return (world) => {
    const gpu = mutex('gpu_lock');
    const slot = new KernelCompletion({ name: 'event_slot' });
    inTurns({
      recover: owing(slot, takes(gpu)),
      submit: under(gpu, async () => {
        assert.ok((await slot.waitTimeout(5000)) > 0);
      }),
    })(world);
  };
}

const otherDeadlocks: readonly KernelCase[] = [
  circle('DEPT-D16', 'ntfs3: ni_lock and a folio', ['ni_lock', 'pg_locked_map'], (world) => {
    const [niLock, folio] = [mutex('ni_lock'), new Folio({ label: 'f1' })];
    inTurns({
      readahead: () => folio.lock(),
      read: async () => {
        await takes(niLock)();
        folio.unlock();
      },
      truncate: under(niLock, async () => {
        await folio.lock();
        folio.unlock();
      }),
    })(world);
  }),
  circle('DEPT-D17', 'hugetlb: fault mutex and folio', ['hugetlb_fault_mutex', 'pg_locked_map'], (world) => {
    const [fault, folio] = [mutex('hugetlb_fault_mutex'), new Folio()];
    inTurns({
      hugetlb_wp: async () => {
        await folio.lock();
        await takes(fault)();
        folio.unlock();
      },
      hugetlb_fault: under(fault, async () => {
        await folio.lock();
        folio.unlock();
      }),
    })(world);
  }),
  circle(
    'DEPT-D18',
    'virtio-gpu: the dequeue worker waits for a response',
    ['mode_config.mutex', 'response'],
    (world) => {
      const [modeset, response] = [mutex('mode_config.mutex'), happened('response')];
      inTurns({ modeset: under(modeset, awaits(response)), dequeue: owing(response, takes(modeset)) })(world);
    },
  ),
  circle('DEPT-D21', 'the first documented example: mutex A, folio B', ['mutex_A', 'pg_locked_map'], (world) => {
    const [a, b] = [mutex('mutex_A'), new Folio({ label: 'folio_B' })];
    inTurns({
      X: () => b.lock(),
      Z: under(a, () => Promise.resolve(b.unlock())),
      Y: under(a, async () => {
        await b.lock();
        b.unlock();
      }),
    })(world);
  }),
  circle('DEPT-D22', 'the second documented example: mutex A, completion B', ['mutex_A', 'completion_B'], (world) => {
    const [a, b] = [mutex('mutex_A'), new KernelCompletion({ name: 'completion_B' })];
    // The two dependencies come from two rounds: in the first the waiter does not hold A.
    inTurns({
      'waiter without A': awaits(b),
      X: async () => {
        await takes(a)();
        b.complete();
        b.completeAll();
      },
      Y: under(a, awaits(b)),
    })(world);
  }),
  circle('DEPT-D23', 'jbd2: folio, transaction and handles', ['commit', 'journal_stop', 'pg_locked_map'], (world) => {
    const [folio, commit, handles] = [new Folio(), happened('commit'), happened('journal_stop')];
    inTurns({
      write: async () => {
        await folio.lock();
        await commit.wait();
        folio.unlock();
      },
      handle: owing(handles, async () => {
        await folio.lock();
        folio.unlock();
      }),
      jbd2: owing(commit, awaits(handles)),
    })(world);
  }),
  circle('DEPT-D24', 'NVMe path reclaim: I/O, fence and reclaim', ['io_completion', 'fence', 'fs_reclaim'], (world) => {
    const [io, fence, resv] = [happened('io_completion'), new Fences('fence').make(), new DmaResv()];
    inTurns({
      exporter: async () => {
        await resv.lock();
        assert.equal(await resv.reserveFences(1), 0);
        await resv.addFence(fence, DmaResvUsageLevel.BOOKKEEP);
        resv.unlock();
        fence.owe();
        await world.sleep(10);
        await allocates();
        await fence.signal();
      },
      submit: owing(io, async () => {
        const { BOOKKEEP } = DmaResvUsageLevel;
        assert.ok((await resv.waitTimeout(BOOKKEEP, false, MAX_SCHEDULE_TIMEOUT)) > 0);
      }),
      reclaim: reclaiming(awaits(io)),
    })(world);
  }),
];

export const DEPT_DEADLOCK_CASES: readonly KernelCase[] = [...fenceDeadlocks, ...gpuDeadlocks, ...otherDeadlocks];
