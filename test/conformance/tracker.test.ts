import { describe, expect, test } from 'vitest';
import { Session } from '../../src/core/session.ts';
import { attachSession, detachSession } from '../../src/sync/hooks.ts';
import {
  Barrier,
  EDEADLK,
  Folio,
  KernelCompletion,
  KernelMutex,
  KernelSemaphore,
  PercpuRef,
  RcuDomain,
  SpinLock,
  Work,
  Workqueue,
  World,
  WwAcquireContext,
  WwClass,
  WwMutex,
} from '../../src/sync/index.ts';
import { DeptTracker } from '../../src/tracker/dept.ts';

/** What DEPT says of a program of simulated threads, as codes. */
async function findings(rules: 'linux' | 'dept', body: (world: World) => void): Promise<string[]> {
  const session = new Session();
  const codes: string[] = [];
  session.addObserver(new DeptTracker(session, { rules, onFinding: (finding) => codes.push(finding.code) }));
  const faults: unknown[] = [];
  attachSession(session, (fault) => faults.push(fault));
  try {
    const world = new World();
    body(world);
    await world.run();
  } finally {
    detachSession();
  }
  expect(faults).toEqual([]);
  return codes;
}

const DEADLOCKS: Record<string, (world: World) => void> = {
  'two mutexes in two orders, without hanging': (world) => {
    const [a, b] = [new KernelMutex({ name: 'A' }), new KernelMutex({ name: 'B' })];
    const both = (first: KernelMutex, second: KernelMutex) => async () => {
      await first.lock();
      await second.lock();
      second.unlock();
      first.unlock();
    };
    world.task('X', both(a, b));
    world.task('Y', both(b, a));
  },
  'a mutex and a folio that another context unlocks': (world) => {
    const mutex = new KernelMutex({ name: 'A' });
    const folio = new Folio();
    world.task('Y', async () => {
      await mutex.lock();
      await folio.lock();
      folio.unlock();
      mutex.unlock();
    });
    world.task('X', () => folio.lock());
    world.task('Z', async () => {
      await world.sleep(1);
      await mutex.lock();
      mutex.unlock();
      folio.unlock();
    });
  },
  'flushing a work item under a lock it takes': (world) => {
    const mutex = new KernelMutex({ name: 'L' });
    const queue = new Workqueue({ name: 'wq' });
    const body = async () => {
      await mutex.lock();
      mutex.unlock();
    };
    const work = new Work(body, { name: 'w' });
    world.task('main', async () => {
      queue.queue(work);
      await queue.flushWork(work);
      await mutex.lock();
      await queue.flushWork(work);
      mutex.unlock();
    });
  },
  'an ordered work item that flushes one behind it': (world) => {
    const queue = new Workqueue({ name: 'wq', maxActive: 1 });
    const second = new Work(() => undefined, { name: 'second' });
    const first = new Work(async () => void (await queue.flushWork(second)), { name: 'first' });
    world.task('main', () => {
      queue.queue(first);
      queue.queue(second);
    });
  },
  'a grace period under a lock that readers take': (world) => {
    const mutex = new KernelMutex({ name: 'L' });
    const srcu = new RcuDomain({ name: 'srcu', sleepable: true });
    world.task('updater', async () => {
      await mutex.lock();
      await srcu.synchronize();
      mutex.unlock();
    });
    world.task('reader', async () => {
      using _reader = srcu.readLock();
      await mutex.lock();
      mutex.unlock();
    });
  },
  'a drain by a holder of a reference': (world) => {
    const ref = new PercpuRef(() => undefined, { name: 'R' });
    world.task('holder', async () => {
      ref.get();
      ref.kill();
      await ref.drain();
    });
  },
  'a lock taken with interrupts on and in an interrupt': (world) => {
    const lock = new SpinLock({ name: 'L' });
    const take = async () => {
      await lock.lock();
      lock.unlock();
    };
    world.task('task', async () => {
      await take();
      await world.hardirq(take);
    });
  },
};

/** Locks both, and starts again when told to back off. */
async function lockBoth(world: World, ww: WwClass, first: WwMutex, second: WwMutex): Promise<void> {
  const context = new WwAcquireContext(ww);
  expect(await first.lock(context)).toBe(0);
  await world.yield();
  if ((await second.lock(context)) === -EDEADLK) {
    first.unlock();
    await second.lockSlow(context);
    expect(await first.lock(context)).toBe(0);
  }
  first.unlock();
  second.unlock();
  context.fini();
}

const HARMLESS: Record<string, (world: World) => void> = {
  'a folio locked again and again': (world) => {
    const folio = new Folio();
    for (const name of ['a', 'b', 'c', 'd']) {
      world.task(name, async () => {
        for (let round = 0; round < 3; round++) {
          await folio.lock();
          await world.sleep(1);
          folio.unlock();
        }
      });
    }
  },
  'a folio handed to a waiter that lost too often': (world) => {
    const folio = new Folio();
    world.task('thief', async () => {
      await folio.lock();
      await world.yield();
      for (let round = 0; round < 20; round++) {
        folio.unlock();
        if (!folio.trylock()) break;
        await world.yield();
      }
    });
    world.task('waiter', async () => {
      await folio.lock();
      folio.unlock();
    });
  },
  'request and response': (world) => {
    const [request, response] = [new KernelCompletion({ name: 'request' }), new KernelCompletion({ name: 'response' })];
    world.task('client', async () => {
      for (let i = 0; i < 5; i++) {
        request.complete();
        await response.wait();
      }
    });
    world.task('server', async () => {
      for (let i = 0; i < 5; i++) {
        await request.wait();
        response.complete();
      }
    });
  },
  'producer and consumer': (world) => {
    const free = new KernelSemaphore(2, { name: 'free', signals: true });
    const used = new KernelSemaphore(0, { name: 'used' });
    const moves = (from: KernelSemaphore, to: KernelSemaphore) => async () => {
      for (let i = 0; i < 6; i++) {
        await from.down();
        to.up();
      }
    };
    world.task('producer', moves(free, used));
    world.task('consumer', moves(used, free));
  },
  'a barrier, round after round': (world) => {
    const barrier = new Barrier(3, { name: 'B' });
    for (const name of ['a', 'b', 'c']) {
      world.task(name, async () => {
        for (let round = 0; round < 3; round++) await barrier.wait();
      });
    }
  },
  'ww mutexes in two orders': (world) => {
    const ww = new WwClass('ww');
    const [a, b] = [new WwMutex(ww, { label: 'a' }), new WwMutex(ww, { label: 'b' })];
    world.task('X', () => lockBoth(world, ww, a, b));
    world.task('Y', () => lockBoth(world, ww, b, a));
  },
  'flushing a work item before the lock it takes': (world) => {
    const mutex = new KernelMutex({ name: 'L' });
    const queue = new Workqueue({ name: 'wq' });
    const body = async () => {
      await mutex.lock();
      mutex.unlock();
    };
    const work = new Work(body, { name: 'w' });
    world.task('main', async () => {
      queue.queue(work);
      await queue.flushWork(work);
      await body();
      await queue.destroy();
    });
  },
  'a lock taken with interrupts off and in an interrupt': (world) => {
    const lock = new SpinLock({ name: 'L' });
    world.task('task', async () => {
      const flags = await lock.lockIrqsave();
      lock.unlockIrqrestore(flags);
      await world.hardirq(async () => {
        await lock.lock();
        lock.unlock();
      });
    });
  },
};

describe.each(['linux', 'dept'] as const)('DEPT with %s rules hears enough of the primitives', (rules) => {
  test.each(Object.keys(DEADLOCKS))('to find: %s', async (name) => {
    expect(await findings(rules, DEADLOCKS[name] as (world: World) => void)).toEqual(['DEPT001']);
  });

  test.each(Object.keys(HARMLESS))('to be quiet about: %s', async (name) => {
    expect(await findings(rules, HARMLESS[name] as (world: World) => void)).toEqual([]);
  });
});
