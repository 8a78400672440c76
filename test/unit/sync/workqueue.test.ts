import { describe, expect, test } from 'vitest';
import { KernelMutex, Work, Workqueue, World } from '../../../src/sync/index.ts';
import { recorded } from '../../conformance/recorder.ts';

describe('Workqueue', () => {
  test('a work item is pending once, and runs as a context of its own', async () => {
    const recorder = await recorded(async (_recorder, session) => {
      const world = new World();
      const queue = new Workqueue({ name: 'wq' });
      const seen: string[] = [];
      const work = new Work(() => void seen.push(`${session.current.name} ${session.current.kind}`), { name: 'w' });
      world.task('main', async () => {
        expect(queue.queue(work)).toBe(true);
        expect(queue.queue(work)).toBe(false);
        expect(await queue.flushWork(work)).toBe(true);
        expect(await queue.flushWork(work)).toBe(false);
        expect(queue.queue(work)).toBe(true);
      });
      expect((await world.run()).stuck).toEqual([]);
      expect(seen).toEqual(['w work', 'w work']);
    });
    expect(recorder.of('w').slice(0, 4)).toEqual([
      'enter process_one_work(wq)',
      'enter process_one_work(w)',
      'exit work_end(w)',
      'exit work_end(wq)',
    ]);
    expect(recorder.lines.filter((line) => line.includes('flush_work('))).toContain('main blocked flush_work(w)');
    expect(recorder.open.size).toBe(0);
    expect(recorder.pending.size).toBe(0);
  });

  test('one work item never runs twice at a time', async () => {
    const world = new World();
    const queue = new Workqueue({ name: 'wq' });
    let inside = 0;
    let runs = 0;
    const work = new Work(
      async () => {
        expect(++inside).toBe(1);
        await world.sleep(10);
        inside--;
        runs++;
      },
      { name: 'w' },
    );
    world.task('main', async () => {
      queue.queue(work);
      await world.sleep(5);
      expect(queue.queue(work)).toBe(true);
      await queue.flushWork(work);
      expect(runs).toBe(2);
      expect(world.now()).toBe(20);
    });
    expect((await world.run()).stuck).toEqual([]);
  });

  test('an ordered queue runs one item at a time, in order', async () => {
    const world = new World({ seed: 5 });
    const queue = new Workqueue({ name: 'wq', maxActive: 1 });
    const lines: string[] = [];
    world.task('main', async () => {
      for (const name of ['a', 'b', 'c']) {
        const body = async () => {
          lines.push(`${name}+`);
          await world.sleep(1);
          lines.push(`${name}-`);
        };
        queue.queue(new Work(body, { name }));
      }
      await queue.flush();
      lines.push('flushed');
    });
    expect((await world.run()).stuck).toEqual([]);
    expect(lines).toEqual(['a+', 'a-', 'b+', 'b-', 'c+', 'c-', 'flushed']);
  });

  test('cancelling takes back what is pending and waits for what runs', async () => {
    const world = new World();
    const queue = new Workqueue({ name: 'wq', maxActive: 1 });
    const lines: string[] = [];
    const body = (name: string) => async () => {
      await world.sleep(10);
      lines.push(name);
    };
    const [first, second] = [new Work(body('first'), { name: 'first' }), new Work(body('second'), { name: 'second' })];
    const delayed = new Work(body('delayed'), { name: 'delayed' });
    world.task('main', async () => {
      queue.queue(first);
      queue.queue(second);
      queue.queueDelayed(delayed, 1000);
      await world.sleep(1);
      expect(queue.cancelWork(second)).toBe(true);
      expect(queue.cancelWork(second)).toBe(false);
      expect(queue.cancelWork(delayed)).toBe(true);
      expect(await queue.cancelWorkSync(first)).toBe(false);
      expect(world.now()).toBe(10);
    });
    expect((await world.run()).stuck).toEqual([]);
    expect(lines).toEqual(['first']);
    expect(world.now()).toBe(10);
  });

  test('a queueing while it is cancelled is refused', async () => {
    const world = new World();
    const queue = new Workqueue({ name: 'wq' });
    let requeued: boolean | undefined;
    const work: Work = new Work(
      async () => {
        await world.sleep(5);
        requeued = queue.queue(work);
      },
      { name: 'w' },
    );
    world.task('main', async () => {
      queue.queue(work);
      await world.sleep(1);
      await queue.cancelWorkSync(work);
    });
    expect((await world.run()).stuck).toEqual([]);
    expect(requeued).toBe(false);
  });

  test('draining runs what work items queue; a destroyed queue takes nothing', async () => {
    const world = new World();
    const queue = new Workqueue({ name: 'wq' });
    let left = 3;
    const work: Work = new Work(
      async () => {
        await world.sleep(1);
        if (--left > 0) queue.queue(work);
      },
      { name: 'w' },
    );
    world.task('main', async () => {
      queue.queue(work);
      await queue.destroy();
      expect(left).toBe(0);
      expect(() => queue.queue(work)).toThrow(expect.objectContaining({ code: 'ERR_DEPT_DESTROYED' }));
    });
    expect((await world.run()).stuck).toEqual([]);
  });

  test('a work item that is cancelled after its thread was started, and before it ran, keeps nobody waiting', async () => {
    const world = new World();
    const queue = new Workqueue({ name: 'wq', maxActive: 1 });
    const ran: string[] = [];
    const first = new Work(() => void ran.push('first'), { name: 'first' });
    const second = new Work(() => void ran.push('second'), { name: 'second' });
    world.task('main', async () => {
      queue.queue(first);
      queue.queue(second);
      expect(await queue.cancelWorkSync(first)).toBe(true);
      await queue.destroy();
    });
    expect((await world.run()).stuck).toEqual([]);
    expect(ran).toEqual(['second']);
  });

  test('the classic deadlocks hang', async () => {
    async function stuck(body: (world: World, queue: Workqueue) => void): Promise<string[]> {
      const world = new World();
      body(world, new Workqueue({ name: 'wq', maxActive: 1 }));
      return (await world.run()).stuck.map(({ task, waitingFor }) => `${task.name}: ${waitingFor}`);
    }
    const ownFlush = await stuck((world, queue) => {
      const work: Work = new Work(async () => void (await queue.flushWork(work)), { name: 'self' });
      world.task('main', () => void queue.queue(work));
    });
    expect(ownFlush).toEqual(['self: flush_work(self)']);
    const underLock = await stuck((world, queue) => {
      const mutex = new KernelMutex({ name: 'L' });
      const work = new Work(
        async () => {
          await mutex.lock();
          mutex.unlock();
        },
        { name: 'w' },
      );
      world.task('main', async () => {
        await mutex.lock();
        queue.queue(work);
        await queue.flushWork(work);
      });
    });
    expect(underLock).toEqual(['main: flush_work(w)', 'w: lock(L)']);
    const behind = await stuck((world, queue) => {
      const second = new Work(() => undefined, { name: 'second' });
      const first = new Work(async () => void (await queue.flushWork(second)), { name: 'first' });
      world.task('main', () => {
        queue.queue(first);
        queue.queue(second);
      });
    });
    expect(behind).toEqual(['first: flush_work(second)']);
  });

  test('flushing an ordered queue item waits for the queue too', async () => {
    const recorder = await recorded(async () => {
      const world = new World();
      const queue = new Workqueue({ name: 'wq', maxActive: 1 });
      const second = new Work(() => undefined, { name: 'second' });
      const first = new Work(async () => void (await queue.flushWork(second)), { name: 'first' });
      world.task('main', () => {
        queue.queue(first);
        queue.queue(second);
      });
      await world.run();
    });
    expect(recorder.of('first')).toEqual([
      'wait queue_work(wq)',
      'fired queue_work(wq)',
      'enter process_one_work(wq)',
      'enter process_one_work(first)',
      'wait flush_work(wq)',
      'wait flush_work(second)',
      'blocked flush_work(second)',
    ]);
  });

  test('a reclaim queue that flushes an ordinary one is told', async () => {
    const recorder = await recorded(async () => {
      const world = new World();
      const [reclaim, ordinary] = [new Workqueue({ name: 'r', memReclaim: true }), new Workqueue({ name: 'o' })];
      world.task('main', () => void reclaim.queue(new Work(() => ordinary.flush(), { name: 'w' })));
      await world.run();
    });
    expect(recorder.kinds).toEqual(['workqueue-reclaim']);
  });

  test('works on plain promises', async () => {
    const queue = new Workqueue({ name: 'wq', maxActive: 1 });
    const lines: string[] = [];
    for (const name of ['a', 'b']) {
      queue.queue(
        new Work(
          async () => {
            lines.push(`${name}+`);
            await Promise.resolve();
            lines.push(`${name}-`);
          },
          { name },
        ),
      );
    }
    await queue.drain();
    expect(lines).toEqual(['a+', 'a-', 'b+', 'b-']);
  });
});
