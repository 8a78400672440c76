// What looks like a deadlock and is none, N1 to N11 of our facts.
import assert from 'node:assert/strict';
import { dmaFenceWaitAnyTimeout } from '../../../src/models/dma-buf/fence-wait.ts';
import { DmaResv, RESERVATION_WW_CLASS } from '../../../src/models/dma-buf/resv.ts';
import { DrmExec } from '../../../src/models/drm/exec.ts';
import { MAX_SCHEDULE_TIMEOUT } from '../../../src/models/jiffies.ts';
import { Folio } from '../../../src/sync/folio.ts';
import { KernelCompletion } from '../../../src/sync/kernel-completion.ts';
import { KernelMutex } from '../../../src/sync/kernel-mutex.ts';
import { WaitBits } from '../../../src/sync/wait-bit.ts';
import { Work } from '../../../src/sync/work.ts';
import { Workqueue } from '../../../src/sync/workqueue.ts';
import type { World } from '../../../src/sync/world.ts';
import {
  awaits,
  circle,
  Fences,
  happened,
  inTurns,
  mutex,
  none,
  objectOf,
  owing,
  takes,
  under,
} from './deadlock-stage.ts';
import type { KernelCase } from './kernel-case.ts';

const RESV = RESERVATION_WW_CLASS.name;

/** Locks both under one acquire context, which starts again when it has to back off. */
async function reserve(world: World, first: DmaResv, second: DmaResv): Promise<void> {
  const exec = new DrmExec();
  await exec.untilAllLocked(async () => {
    const result = await exec.lockObj(objectOf(first));
    if (result !== 0) return result;
    await world.sleep(5);
    return await exec.lockObj(objectOf(second));
  });
  await exec.fini();
}

/** One run of a work class completes C, which somebody waits for; another run waits for C. */
function twoRuns(maxActive: number): (world: World) => void {
  return (world) => {
    const completion = new KernelCompletion({ name: 'C' });
    const queue = new Workqueue({ name: 'wq', maxActive });
    const completes = new Work(() => completion.completeAll(), { name: 'work' });
    const waits = new Work(awaits(completion), { name: 'work' });
    world.task('outside', awaits(completion));
    world.task('run', async () => {
      await world.sleep(1);
      queue.queue(completes);
      await world.sleep(1);
      queue.queue(waits);
    });
  };
}

export const DEPT_NEGATIVE_CASES: readonly KernelCase[] = [
  none('DEPT-N01', 'bit waits of different buffers have classes of their own', (world) => {
    const data = mutex('i_data_sem');
    const superblock = new WaitBits({ name: 'superblock buffer' });
    const extent = new WaitBits({ name: 'extent buffer' });
    const locked = async (bits: WaitBits, inner: () => Promise<void>): Promise<void> => {
      await bits.waitOnBitLock(0);
      await inner();
      bits.clearAndWakeUp(0);
    };
    inTurns({
      superblock: () => locked(superblock, takes(data)),
      extent: under(data, () => locked(extent, () => Promise.resolve())),
    })(world);
  }),
  none('DEPT-N02', 'two runs of a work on a concurrent queue', twoRuns(2)),
  none('DEPT-N03', 'reservations in both orders under acquire contexts, in a run where they cross', (world) => {
    const [a, b] = [new DmaResv({ label: 'a' }), new DmaResv({ label: 'b' })];
    inTurns({ one: () => reserve(world, a, b), two: () => reserve(world, b, a) })(world);
  }),
  none(
    'DEPT-N04',
    'a finite timeout, with timeouts not tracked',
    (world) => {
      const [lock, slot] = [mutex('lock'), new KernelCompletion({ name: 'slot' })];
      inTurns({
        recover: owing(slot, takes(lock)),
        submit: under(lock, async () => {
          assert.ok((await slot.waitTimeout(100)) > 0);
        }),
      })(world);
    },
    { dept: { timedWaits: false } },
  ),
  none('DEPT-N05', 'parent and child inode, declared by subclass', (world) => {
    const [parent, child] = [
      new KernelMutex({ name: 'i_rwsem', label: 'p' }),
      new KernelMutex({ name: 'i_rwsem', label: 'c' }),
    ];
    const nested = async (): Promise<void> => {
      await child.lock({ nest: 1 });
      child.unlock();
    };
    inTurns({ one: under(parent, nested), two: under(parent, nested) })(world);
  }),
  none('DEPT-N06', 'two devices evict each other without waiting: a livelock', (world) => {
    const [one, two] = [mutex('vm one'), mutex('vm two')];
    let rounds = 0;
    const evict = (mine: KernelMutex, theirs: KernelMutex) =>
      under(mine, async () => {
        for (let i = 0; i < 3 && !theirs.trylock(); i++) {
          rounds++; // -EBUSY: no wait, only no progress
          await world.yield();
        }
        if (theirs.isLocked && rounds === 0) theirs.unlock();
      });
    world.task('A', evict(one, two));
    world.task('B', evict(two, one));
  }),
  none('DEPT-N07', 'a wait for any of two fences depends on neither', (world) => {
    const [lock, fences] = [mutex('lock'), new Fences('fence')];
    inTurns({
      signaller: fences.signals(takes(lock)),
      waiter: under(lock, async () => {
        const [early, late] = [fences.make(), fences.make()];
        await early.signal();
        assert.equal((await dmaFenceWaitAnyTimeout([early, late], false, MAX_SCHEDULE_TIMEOUT)).idx, 0);
        await late.signal();
      }),
    })(world);
  }),
  none('DEPT-N08', 'two folios of one class, by increasing index', (world) => {
    const [first, second] = [new Folio({ label: 'index 1' }), new Folio({ label: 'index 2' })];
    const both = async (): Promise<void> => {
      await first.lock();
      await second.lock();
      second.unlock();
      first.unlock();
    };
    inTurns({ one: both, two: both })(world);
  }),
  none('DEPT-N09', 'an event that a fallback path can do without', (world) => {
    const [lock, event] = [mutex('lock'), happened('event')];
    // The fallback does not wait: it looks, and goes on without.
    inTurns({
      producer: owing(event, takes(lock)),
      consumer: under(lock, () => {
        event.tryWait();
        return Promise.resolve();
      }),
    })(world);
  }),
  none('DEPT-N10', 'an MMU notifier with a class of its own', (world) => {
    const [mmap, notifier, other] = [mutex('mmap_lock'), happened('mmu_notifier'), happened('other')];
    inTurns({
      invalidate: owing(notifier, () => Promise.resolve()),
      fault: under(mmap, awaits(notifier)),
      else: owing(other, takes(mmap)),
    })(world);
  }),
  none('DEPT-N11', 'fences that are waited for at unrelated places', (world) => {
    const lock = mutex('lock');
    const [mine, theirs] = [new Fences('fence of one driver'), new Fences('fence of another')];
    inTurns({ one: mine.signals(takes(lock)), two: under(lock, theirs.waits()) })(world);
  }),
  // The counterparts that must be reported: what keeps the cases above from passing for nothing.
  circle('DEPT-N02-ordered', 'two runs of a work on an ordered queue', ['C', 'wq'], twoRuns(1)),
  circle('DEPT-N03-plain', 'the same without acquire contexts', [RESV, RESV], (world) => {
    const [a, b] = [new DmaResv({ label: 'a' }), new DmaResv({ label: 'b' })];
    inTurns({ one: under(a, takes(b)), two: under(b, takes(a)) })(world);
  }),
  circle('DEPT-N11-shared', 'the same with one class', ['fence', 'lock'], (world) => {
    const [lock, fences] = [mutex('lock'), new Fences('fence')];
    inTurns({ one: fences.signals(takes(lock)), two: under(lock, fences.waits()) })(world);
  }),
];
