import { describe, expect, test } from 'vitest';
import { EALREADY, EDEADLK, EINTR, World, WwAcquireContext, WwClass, WwMutex } from '../../../src/sync/index.ts';
import { recorded } from '../../conformance/recorder.ts';

const code = (value: string) => expect.objectContaining({ code: value });

/** Locks everything in the given order, backing off as the protocol says. Returns how often it did. */
async function lockAll(
  context: WwAcquireContext,
  locks: readonly WwMutex[],
  pause: () => Promise<void>,
): Promise<number> {
  let backOffs = 0;
  let contended: WwMutex | null = null;
  for (;;) {
    if (contended !== null) await contended.lockSlow(context);
    const held: WwMutex[] = contended === null ? [] : [contended];
    let failed: WwMutex | null = null;
    for (const lock of locks) {
      const result = await lock.lock(context);
      if (result === 0) held.push(lock);
      else if (result === -EDEADLK) failed = lock;
      else expect(result).toBe(-EALREADY);
      if (failed !== null) break;
      await pause();
    }
    if (failed === null) return backOffs;
    for (const lock of held) lock.unlock();
    contended = failed;
    backOffs++;
  }
}

describe.each([
  ['Wait-Die', true],
  ['Wound-Wait', false],
])('WwMutex, %s', (_name, waitDie) => {
  test.each(Array.from({ length: 20 }, (_, seed) => seed))('any order is free of deadlocks (seed %i)', async (seed) => {
    let backOffs = 0;
    const recorder = await recorded(async () => {
      const world = new World({ seed });
      const ww = new WwClass('ww', { waitDie });
      const locks = ['A', 'B', 'C'].map((label) => new WwMutex(ww, { label }));
      const orders = [
        [0, 1, 2],
        [2, 1, 0],
        [1, 2, 0],
        [0, 2, 1],
      ];
      for (const [index, order] of orders.entries()) {
        world.task(`t${index}`, async () => {
          const context = new WwAcquireContext(ww);
          const mine = order.map((i) => locks[i] as WwMutex);
          backOffs += await lockAll(context, mine, () => world.yield());
          context.done();
          for (const lock of mine) lock.unlock();
          context.fini();
        });
      }
      expect((await world.run()).stuck).toEqual([]);
      expect(locks.map((lock) => lock.isLocked)).toEqual([false, false, false]);
    });
    expect(recorder.open.size).toBe(0);
    expect(recorder.pending.size).toBe(0);
    expect(recorder.kinds).toEqual([]);
    expect(backOffs).toBeLessThan(50);
  });

  test('in a crossing the younger one backs off, the older one waits', async () => {
    const world = new World();
    const ww = new WwClass('ww', { waitDie });
    const [a, b] = [new WwMutex(ww, { label: 'A' }), new WwMutex(ww, { label: 'B' })];
    const [older, younger] = [new WwAcquireContext(ww), new WwAcquireContext(ww)];
    const results: Record<string, number> = {};
    world.task('older', async () => {
      await a.lock(older);
      await world.yield();
      results['older'] = await b.lock(older);
      a.unlock();
      b.unlock();
    });
    world.task('younger', async () => {
      await b.lock(younger);
      await world.yield();
      results['younger'] = await a.lock(younger);
      b.unlock();
      await a.lockSlow(younger);
      a.unlock();
    });
    expect((await world.run()).stuck).toEqual([]);
    expect(results).toEqual({ older: 0, younger: -EDEADLK });
  });
});

describe('WwMutex', () => {
  const ww = new WwClass('ww');

  test('the same context again is -EALREADY, without waiting', async () => {
    const lock = new WwMutex(ww);
    const context = new WwAcquireContext(ww);
    expect(await lock.lock(context)).toBe(0);
    expect(await lock.lock(context)).toBe(-EALREADY);
    expect(context.acquired).toBe(1);
    lock.unlock();
    expect(context.acquired).toBe(0);
  });

  test('is held by one thread', async () => {
    const world = new World();
    const lock = new WwMutex(ww);
    const held: boolean[] = [lock.isHeld];
    world.task('holder', async () => {
      await lock.lock();
      held.push(lock.isHeld);
      await world.sleep(2);
      lock.unlock();
      held.push(lock.isHeld);
    });
    world.task('other', async () => {
      await world.sleep(1);
      held.push(lock.isHeld);
    });
    await world.run();
    expect(held).toEqual([false, true, false, false]);
  });

  test('a slow lock that may be interrupted ends with -EINTR, and may be tried again', async () => {
    const world = new World();
    const lock = new WwMutex(ww);
    const answers: number[] = [];
    world.task('holder', async () => {
      await lock.lock();
      await world.sleep(5);
      lock.unlock();
    });
    const waiter = world.task('waiter', async () => {
      await world.sleep(1);
      const context = new WwAcquireContext(ww);
      const signal = AbortSignal.abort();
      answers.push(await lock.lockSlowInterruptible(context, signal), await lock.lockSlowInterruptible(context));
      await lock.lockSlow(context);
      answers.push(context.acquired);
      lock.unlock();
    });
    world.timer(() => waiter.interrupt(), 3);
    await world.run();
    expect(answers).toEqual([-EINTR, -EINTR, 1]);
  });

  test('stamps of a class begin anew in each world', async () => {
    const stampsOf = async (): Promise<number[]> => {
      const world = new World();
      let stamps: number[] = [];
      world.task('t', () => {
        stamps = [new WwAcquireContext(ww).stamp, new WwAcquireContext(ww).stamp];
      });
      await world.run();
      return stamps;
    };
    expect([await stampsOf(), await stampsOf()]).toEqual([
      [1, 2],
      [1, 2],
    ]);
  });

  test('a context that holds nothing never dies', async () => {
    const world = new World();
    const lock = new WwMutex(ww);
    const [older, younger] = [new WwAcquireContext(ww), new WwAcquireContext(ww)];
    let result = -1;
    world.task('older', async () => {
      await lock.lock(older);
      await world.sleep(1);
      lock.unlock();
    });
    world.task('younger', async () => {
      result = await lock.lock(younger);
      lock.unlock();
    });
    await world.run();
    expect(result).toBe(0);
  });

  test('wound-wait: the wounded holder goes on until it must wait', async () => {
    const world = new World();
    const wound = new WwClass('wound', { waitDie: false });
    const [a, b, c, d] = ['A', 'B', 'C', 'D'].map((label) => new WwMutex(wound, { label })) as [
      WwMutex,
      WwMutex,
      WwMutex,
      WwMutex,
    ];
    const [older, younger, third] = [0, 1, 2].map(() => new WwAcquireContext(wound)) as [
      WwAcquireContext,
      WwAcquireContext,
      WwAcquireContext,
    ];
    const results: number[] = [];
    world.task('third', async () => {
      await d.lock(third);
      await world.sleep(100);
      d.unlock();
    });
    world.task('younger', async () => {
      await a.lock(younger);
      await world.sleep(10);
      results.push(await c.lock(younger), await d.lock(younger));
      c.unlock();
      a.unlock();
    });
    world.task('older', async () => {
      await b.lock(older);
      await a.lock(older);
      expect(world.now()).toBe(10);
      a.unlock();
      b.unlock();
    });
    expect((await world.run()).stuck).toEqual([]);
    expect(results).toEqual([0, -EDEADLK]);
  });

  test('wound-wait: a wounded sleeper is woken', async () => {
    const world = new World();
    const wound = new WwClass('wound', { waitDie: false });
    const [a, b, c] = ['A', 'B', 'C'].map((label) => new WwMutex(wound, { label })) as [WwMutex, WwMutex, WwMutex];
    const [older, younger] = [new WwAcquireContext(wound), new WwAcquireContext(wound)];
    let woken = -1;
    world.task('plain', async () => {
      await b.lock();
      await world.sleep(100);
      b.unlock();
    });
    world.task('younger', async () => {
      await a.lock(younger);
      expect(await b.lock(younger)).toBe(-EDEADLK);
      woken = world.now();
      a.unlock();
    });
    world.task('older', async () => {
      await world.sleep(10);
      await c.lock(older);
      await a.lock(older);
      a.unlock();
      c.unlock();
    });
    expect((await world.run()).stuck).toEqual([]);
    expect(woken).toBe(10);
  });

  test('wound-wait: a wound is healed when everything was unlocked', async () => {
    const world = new World();
    const wound = new WwClass('wound', { waitDie: false });
    const [a, b, c, d] = [0, 1, 2, 3].map(() => new WwMutex(wound)) as [WwMutex, WwMutex, WwMutex, WwMutex];
    const [older, younger] = [new WwAcquireContext(wound), new WwAcquireContext(wound)];
    const results: number[] = [];
    world.task('plain', async () => {
      await d.lock();
      await world.sleep(100);
      d.unlock();
    });
    world.task('younger', async () => {
      await a.lock(younger);
      await world.sleep(10);
      expect(younger.wounded).toBe(true);
      a.unlock();
      results.push(await c.lock(younger), await d.lock(younger), world.now());
      d.unlock();
      c.unlock();
    });
    world.task('older', async () => {
      await b.lock(older);
      await a.lock(older);
      a.unlock();
      b.unlock();
    });
    expect((await world.run()).stuck).toEqual([]);
    expect(results).toEqual([0, 0, 100]);
  });

  test('wait-die: an older arrival makes younger waiters that hold locks give way', async () => {
    const world = new World();
    const [a, contended] = [new WwMutex(ww), new WwMutex(ww)];
    const [older, younger, empty] = [0, 1, 2].map(() => new WwAcquireContext(ww)) as [
      WwAcquireContext,
      WwAcquireContext,
      WwAcquireContext,
    ];
    const lines: string[] = [];
    world.task('plain', async () => {
      await contended.lock();
      await world.sleep(100);
      contended.unlock();
    });
    const takes = (name: string, context: WwAcquireContext) => async () => {
      const result = await contended.lock(context);
      lines.push(`${name} ${result} at ${world.now()}`);
      if (result === 0) contended.unlock();
    };
    world.task('younger', async () => {
      await a.lock(younger);
      await takes('younger', younger)();
      a.unlock();
    });
    world.task('empty', takes('empty', empty));
    world.task('older', async () => {
      await world.sleep(10);
      await takes('older', older)();
    });
    expect((await world.run()).stuck).toEqual([]);
    expect(lines).toEqual([`younger ${-EDEADLK} at 10`, 'older 0 at 100', 'empty 0 at 100']);
  });

  test('interruptible, and waiters in order of age', async () => {
    const world = new World();
    const lock = new WwMutex(ww);
    const [old, middle, young] = [0, 1, 2].map(() => new WwAcquireContext(ww)) as [
      WwAcquireContext,
      WwAcquireContext,
      WwAcquireContext,
    ];
    const order: string[] = [];
    const takes = (name: string, context: WwAcquireContext) => async () => {
      expect(await lock.lock(context)).toBe(0);
      order.push(name);
      await world.sleep(1);
      lock.unlock();
    };
    world.task('holder', takes('holder', middle));
    world.task('young', takes('young', young));
    world.task('old', takes('old', old));
    const victim = world.task('victim', async () => {
      expect(await lock.lockInterruptible(new WwAcquireContext(ww))).toBe(-EINTR);
      order.push('victim');
    });
    world.task('killer', () => victim.interrupt());
    expect((await world.run()).stuck).toEqual([]);
    expect(order).toEqual(['holder', 'victim', 'old', 'young']);
  });

  test('breaking the protocol is refused and told', async () => {
    const recorder = await recorded(async () => {
      const [a, b, c] = [new WwMutex(ww), new WwMutex(ww), new WwMutex(ww)];
      const [older, context] = [new WwAcquireContext(ww), new WwAcquireContext(ww)];
      await a.lock(older);
      await b.lock(context);
      expect(await a.lock(context)).toBe(-EDEADLK);
      await expect(c.lock(context)).rejects.toEqual(code('ERR_DEPT_WW_STATE'));
      await expect(a.lock(context)).rejects.toEqual(code('ERR_DEPT_WW_STATE'));
      await expect(a.lockSlow(context)).rejects.toEqual(code('ERR_DEPT_WW_STATE'));
      b.unlock();
      a.unlock();
      await a.lockSlow(context);
      expect(() => context.fini()).toThrow(code('ERR_DEPT_WW_STATE'));
      context.done();
      await expect(b.lock(context)).rejects.toEqual(code('ERR_DEPT_WW_STATE'));
      expect(() => context.done()).toThrow(code('ERR_DEPT_WW_STATE'));
      a.unlock();
      context.fini();
      const other = new WwMutex(new WwClass('other'));
      await expect(other.lock(older)).rejects.toEqual(code('ERR_DEPT_WW_STATE'));
    });
    expect(recorder.kinds).toEqual([
      'ww-contending',
      'ww-backoff',
      'ww-slow-held',
      'ww-fini-held',
      'ww-after-done',
      'ww-done-twice',
      'ww-class',
    ]);
  });

  test('trylock answers at once; unlock is for the owner', async () => {
    const world = new World();
    const lock = new WwMutex(ww, { label: 'A' });
    world.task('owner', async () => {
      expect(lock.trylock(new WwAcquireContext(ww))).toBe(true);
      await world.sleep(1);
      lock.unlock();
      expect(() => lock.unlock()).toThrow(code('ERR_DEPT_BAD_UNLOCK'));
    });
    world.task('other', () => {
      expect(lock.trylock()).toBe(false);
      expect(() => lock.unlock()).toThrow('owner holds it');
    });
    await world.run();
  });
});
