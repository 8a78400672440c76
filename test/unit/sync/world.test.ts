import { describe, expect, test } from 'vitest';
import { hostRuntime, KernelMutex, KernelSemaphore, runtime, World } from '../../../src/sync/index.ts';
import { recorded } from '../../conformance/recorder.ts';

describe('World', () => {
  test('runs one thread at a time, from stop to stop', async () => {
    const world = new World();
    const lines: string[] = [];
    for (const name of ['a', 'b']) {
      world.task(name, async () => {
        lines.push(`${name}1`);
        await Promise.resolve();
        lines.push(`${name}2`);
        await world.yield();
        lines.push(`${name}3`);
      });
    }
    await world.run();
    expect(lines).toEqual(['a1', 'a2', 'b1', 'b2', 'a3', 'b3']);
  });

  test('the clock moves to the next timer when nobody can run', async () => {
    const world = new World({ hz: 250 });
    const times: number[] = [];
    for (const ms of [30, 10, 20, 10]) {
      world.task(`t${ms}`, async () => {
        await world.sleep(ms);
        times.push(world.now());
      });
    }
    const cancel = world.timer(() => times.push(-1), 5);
    cancel();
    await world.run();
    expect(times).toEqual([10, 10, 20, 30]);
    expect(world.jiffies).toBe(7);
  });

  test('the same seed gives the same schedule, another one another', async () => {
    async function schedule(seed: number): Promise<string> {
      const world = new World({ seed });
      const order: string[] = [];
      for (const name of 'abcdef') {
        world.task(name, async () => {
          await world.yield();
          order.push(name);
        });
      }
      await world.run();
      return order.join('');
    }
    expect(await schedule(7)).toBe(await schedule(7));
    const seen = new Set<string>();
    for (let seed = 0; seed < 10; seed++) seen.add(await schedule(seed));
    expect(seen.size).toBeGreaterThan(5);
  });

  test('choose() decides who runs', async () => {
    const order: string[] = [];
    const world = new World({ choose: (runnable) => runnable.length - 1 });
    for (const name of ['a', 'b', 'c']) world.task(name, () => void order.push(name));
    await world.run();
    expect(order).toEqual(['c', 'b', 'a']);
    const bad = new World({ choose: () => 5 });
    bad.task('a', () => undefined);
    await expect(bad.run()).rejects.toMatchObject({ code: 'ERR_DEPT_BAD_CHOICE' });
  });

  test('names who is stuck and on what, and can go on later', async () => {
    const world = new World();
    const [a, b] = [new KernelMutex({ name: 'A' }), new KernelMutex({ name: 'B' })];
    const cross = (first: KernelMutex, second: KernelMutex) => async () => {
      await first.lock();
      await world.yield();
      await second.lock();
    };
    world.task('X', cross(a, b));
    world.task('Y', cross(b, a));
    const gate = new KernelSemaphore(0, { name: 'gate' });
    world.task('Z', () => gate.down());
    const { stuck, finished } = await world.run();
    expect(stuck.map(({ task, waitingFor }) => `${task.name}: ${waitingFor}`)).toEqual([
      'X: lock(B)',
      'Y: lock(A)',
      'Z: down(gate)',
    ]);
    expect(finished).toEqual([]);
    gate.up();
    expect((await world.run()).finished.map((task) => task.name)).toEqual(['Z']);
  });

  test('throws what threads threw', async () => {
    const world = new World();
    world.task('ok', () => undefined);
    world.task('bad', () => Promise.reject(new Error('bad')));
    await expect(world.run()).rejects.toThrow('bad');
    world.task('worse', () => {
      throw new Error('worse');
    });
    world.task('worst', () => Promise.reject(new Error('worst')));
    await expect(world.run()).rejects.toBeInstanceOf(AggregateError);
  });

  test('a thread that awaits something else is refused', async () => {
    const world = new World();
    world.task('foreign', () => new Promise(() => undefined));
    await recorded(async (_recorder, session) => {
      await expect(world.run()).rejects.toMatchObject({ code: 'ERR_DEPT_FOREIGN_AWAIT' });
      expect(session.current).toBe(session.main);
    });
    expect(runtime()).toBe(hostRuntime);
    expect(world.thread).toBeNull();
  });

  test('a thread may await several things at once', async () => {
    const world = new World();
    const [a, b] = [new KernelSemaphore(0, { name: 'a' }), new KernelSemaphore(0, { name: 'b' })];
    let both = false;
    world.task('both', async () => {
      await Promise.all([a.down(), b.down()]);
      both = true;
    });
    expect((await world.run()).stuck.map(({ waitingFor }) => waitingFor)).toEqual(['down(a), down(b)']);
    a.up();
    expect((await world.run()).stuck.map(({ waitingFor }) => waitingFor)).toEqual(['down(b)']);
    b.up();
    expect((await world.run()).stuck).toHaveLength(0);
    expect(both).toBe(true);
  });

  test('puts the host runtime back and refuses to nest', async () => {
    const world = new World();
    world.task('nests', async () => {
      expect(runtime()).toBe(world);
      await expect(world.run()).rejects.toMatchObject({ code: 'ERR_DEPT_NESTED_RUN' });
    });
    await world.run();
    expect(runtime()).toBe(hostRuntime);
  });

  test('every thread speaks for its own context, which ends with it', async () => {
    await recorded(async (recorder, session) => {
      const world = new World();
      const mutex = new KernelMutex({ name: 'A' });
      const seen: string[] = [];
      for (const name of ['X', 'Y']) {
        world.task(name, async () => {
          await mutex.lock();
          await world.yield();
          seen.push(session.current.name);
          mutex.unlock();
        });
      }
      await world.run();
      expect(seen).toEqual(['X', 'Y']);
      expect(session.current).toBe(session.main);
      expect(recorder.of('Y')).toEqual([
        'wait lock(A)',
        'blocked lock(A)',
        'fired lock(A)',
        'enter lock(A)',
        'exit unlock(A)',
      ]);
    });
  });

  test('a thread that ends with a lock is a misuse', async () => {
    const recorder = await recorded(async () => {
      const world = new World();
      const mutex = new KernelMutex({ name: 'A' });
      world.task('forgets', () => mutex.lock());
      await world.run();
    });
    expect(recorder.misuses.map(({ kind, message }) => `${kind}: ${message}`)).toEqual([
      'exit-with-held: forgets ends while it holds A',
    ]);
  });

  test('an interrupted thread ends its interruptible sleep', async () => {
    const world = new World();
    const mutex = new KernelMutex({ name: 'A' });
    let result = 0;
    world.task('owner', async () => {
      await mutex.lock();
      await world.sleep(5);
      mutex.unlock();
    });
    const sleeper = world.task('sleeper', async () => {
      result = await mutex.lockInterruptible();
    });
    world.task('killer', () => sleeper.interrupt());
    expect((await world.run()).stuck).toEqual([]);
    expect(result).toBe(-4);
    expect(mutex.isLocked).toBe(false);
  });
});
