import { describe, expect, test } from 'vitest';
import { KernelCompletion, WaitBits, WaitQueueHead, World } from '../../../src/sync/index.ts';
import { recorded } from '../../conformance/recorder.ts';

const code = (value: string) => expect.objectContaining({ code: value });

describe('KernelCompletion', () => {
  test('remembers events that come before their waits', async () => {
    const world = new World();
    const done = new KernelCompletion({ name: 'C' });
    done.complete();
    done.complete();
    let waited = 0;
    world.task('waiter', async () => {
      for (;;) {
        await done.wait();
        waited++;
      }
    });
    expect((await world.run()).stuck.map(({ waitingFor }) => waitingFor)).toEqual(['wait_for_completion(C)']);
    expect(waited).toBe(2);
  });

  test('asks when it sleeps, and makes its event before it wakes', async () => {
    const recorder = await recorded(async () => {
      const world = new World();
      const done = new KernelCompletion({ name: 'C' });
      for (const name of ['a', 'b']) world.task(name, () => done.wait());
      world.task('Z', () => {
        done.complete();
        done.complete();
      });
      expect((await world.run()).stuck).toEqual([]);
    });
    expect(recorder.lines).toEqual([
      'a wait wait_for_completion(C)',
      'a request C',
      'a blocked wait_for_completion(C)',
      'b wait wait_for_completion(C)',
      'b request C',
      'b blocked wait_for_completion(C)',
      'Z event complete(C)',
      'a fired wait_for_completion(C)',
      'Z request C',
      'Z event complete(C)',
      'b fired wait_for_completion(C)',
    ]);
  });

  test('complete_all opens it until reinit', async () => {
    const recorder = await recorded(async () => {
      const world = new World();
      const done = new KernelCompletion({ name: 'C' });
      for (const name of ['a', 'b']) world.task(name, () => done.wait());
      world.task('all', async () => {
        expect(() => done.reinit()).toThrow(code('ERR_DEPT_BUSY'));
        done.completeAll();
        await done.wait();
        await done.wait();
        expect(done.tryWait()).toBe(true);
        done.reinit();
        expect(done.tryWait()).toBe(false);
        expect(done.isDone).toBe(false);
      });
      expect((await world.run()).stuck).toEqual([]);
    });
    expect(recorder.kinds).toEqual(['reinit-waited']);
    expect(recorder.pending.size).toBe(0);
  });

  test('timed waits answer 0 or what was left', async () => {
    const world = new World();
    const done = new KernelCompletion({ name: 'C' });
    const results: number[] = [];
    world.task('timed', async () => {
      results.push(await done.waitTimeout(10), world.now());
      results.push(await done.waitTimeout(100), world.now());
      results.push(await done.waitTimeout(0));
      done.complete();
      results.push(await done.waitTimeout(0));
    });
    world.task('completer', async () => {
      await world.sleep(40);
      done.complete();
    });
    await world.run();
    expect(results).toEqual([0, 10, 70, 40, 0, 1]);
  });

  test('interruptible waits answer -ERESTARTSYS', async () => {
    const world = new World();
    const done = new KernelCompletion({ name: 'C' });
    const results: number[] = [];
    const sleeper = world.task('sleeper', async () => {
      results.push(await done.waitInterruptible(), await done.waitInterruptible());
      done.complete();
      results.push(await done.waitInterruptible());
    });
    world.task('killer', () => sleeper.interrupt());
    await world.run();
    expect(results).toEqual([-512, -512, 0]);
  });
});

describe('WaitQueueHead', () => {
  test('sleeps until the condition holds, through wake-ups that change nothing', async () => {
    const recorder = await recorded(async () => {
      const world = new World();
      const queue = new WaitQueueHead({ name: 'Q' });
      let ready = false;
      world.task('waiter', () => queue.waitEvent(() => ready));
      world.task('waker', async () => {
        queue.wakeUp();
        await world.yield();
        expect(queue.waiting).toBe(1);
        ready = true;
        queue.wakeUp();
      });
      expect((await world.run()).stuck).toEqual([]);
    });
    expect(recorder.of('waiter').filter((line) => line.startsWith('blocked'))).toHaveLength(2);
    expect(recorder.pending.size).toBe(0);
  });

  test('a change without a wake-up is a hang', async () => {
    const world = new World();
    const queue = new WaitQueueHead({ name: 'Q' });
    let ready = false;
    world.task('waiter', () => queue.waitEvent(() => ready));
    world.task('forgets', () => {
      ready = true;
    });
    expect((await world.run()).stuck.map(({ waitingFor }) => waitingFor)).toEqual(['wait_event(Q)']);
  });

  test('wakes everybody but only one exclusive waiter', async () => {
    const world = new World();
    const queue = new WaitQueueHead({ name: 'Q' });
    let ready = false;
    const order: string[] = [];
    for (const [name, exclusive] of [
      ['a', false],
      ['x', true],
      ['b', false],
      ['y', true],
    ] as const) {
      world.task(name, async () => {
        await queue.waitEvent(() => ready, { exclusive });
        order.push(name);
      });
    }
    world.task('waker', async () => {
      ready = true;
      expect(queue.wakeUp()).toBe(2);
      await world.sleep(1);
      expect(queue.wakeUpAll()).toBe(2);
    });
    expect((await world.run()).stuck).toEqual([]);
    expect(order).toEqual(['a', 'x', 'b', 'y']);
  });

  test('timed and interruptible', async () => {
    const recorder = await recorded(async () => {
      const world = new World();
      const queue = new WaitQueueHead({ name: 'Q' });
      const results: number[] = [];
      let late = false;
      const task = world.task('waiter', async () => {
        results.push(await queue.waitEventTimeout(() => false, 10));
        results.push(await queue.waitEventTimeout(() => late, 10));
        results.push(await queue.waitEventInterruptible(() => false));
        results.push(await queue.waitEventTimeout(() => world.now() >= 35, 20));
      });
      world.timer(() => {
        late = true;
      }, 15);
      world.timer(() => task.interrupt(), 30);
      for (const at of [32, 34, 36]) world.timer(() => queue.wakeUp(), at);
      expect((await world.run()).stuck).toEqual([]);
      expect(results).toEqual([0, 1, -512, 14]);
    });
    expect(recorder.pending.size).toBe(0);
  });
});

describe('WaitBits', () => {
  test('each bit has a class of its own, named by its owner', async () => {
    const recorder = await recorded(async () => {
      const world = new World();
      const bits = new WaitBits({ name: 'inode' }, ['I_NEW']);
      bits.set(0);
      bits.set(1);
      world.task('w0', async () => void (await bits.waitOnBit(0)));
      world.task('w1', async () => void (await bits.waitOnBit(1)));
      world.task('clears', async () => {
        bits.clearAndWakeUp(0);
        await world.yield();
        expect(bits.test(1)).toBe(true);
        bits.clear(1);
        bits.wakeUp(1);
      });
      expect((await world.run()).stuck).toEqual([]);
    });
    expect(recorder.of('clears')).toContain('event wake_up(inode.I_NEW)');
    expect(recorder.of('clears')).toContain('event wake_up(inode.1)');
  });
});
