import { describe, expect, test } from 'vitest';
import { Kref, PercpuRef, RcuDomain, World } from '../../../src/sync/index.ts';
import { recorded } from '../../conformance/recorder.ts';

const code = (value: string) => expect.objectContaining({ code: value });

describe('RcuDomain', () => {
  test('synchronize waits for the readers that were inside, not for later ones', async () => {
    const recorder = await recorded(async () => {
      const world = new World();
      const rcu = new RcuDomain({ name: 'rcu' });
      let synced = -1;
      const reads = (from: number, to: number) => async () => {
        if (from > 0) await world.sleep(from);
        using _reader = rcu.readLock();
        await world.delay(to - from);
      };
      world.task('early', reads(0, 10));
      world.task('updater', async () => {
        await world.sleep(1);
        await rcu.synchronize();
        synced = world.now();
      });
      world.task('late', reads(5, 100));
      expect((await world.run()).stuck).toEqual([]);
      expect(synced).toBe(10);
    });
    expect(recorder.of('early')).toEqual(['enter rcu_read_lock(rcu)', 'exit rcu_read_unlock(rcu)']);
    expect(recorder.of('updater')).toEqual([
      'wait synchronize_rcu(rcu)',
      'blocked synchronize_rcu(rcu)',
      'fired synchronize_rcu(rcu)',
    ]);
  });

  test('a classic reader must not sleep, a sleepable one may; neither may synchronize', async () => {
    const recorder = await recorded(async () => {
      const world = new World();
      const [rcu, srcu] = [new RcuDomain({ name: 'rcu' }), new RcuDomain({ name: 'srcu', sleepable: true })];
      world.task('reader', async () => {
        const [outer, inner] = [rcu.readLock(), rcu.readLock()];
        inner.unlock();
        expect(() => world.sleep(1)).toThrow(code('ERR_DEPT_ATOMIC'));
        await expect(rcu.synchronize()).rejects.toEqual(code('ERR_DEPT_RCU_READER'));
        await expect(srcu.synchronize()).rejects.toEqual(code('ERR_DEPT_ATOMIC'));
        outer.unlock();
        expect(() => outer.unlock()).toThrow(code('ERR_DEPT_BAD_UNLOCK'));
        const reader = srcu.readLock();
        await world.sleep(1);
        await expect(srcu.synchronize()).rejects.toEqual(code('ERR_DEPT_RCU_READER'));
        await rcu.synchronize();
        reader.unlock();
        await srcu.synchronize();
      });
      expect((await world.run()).stuck).toEqual([]);
    });
    expect(recorder.kinds).toEqual([
      'scheduling-while-atomic',
      'rcu-sync-in-reader',
      'scheduling-while-atomic',
      'bad-unlock',
      'rcu-sync-in-reader',
    ]);
    expect(recorder.pending.size).toBe(0);
  });

  test('callbacks run after the grace period, and a barrier waits for them', async () => {
    const recorder = await recorded(async (_recorder, session) => {
      const world = new World();
      const rcu = new RcuDomain({ name: 'rcu' });
      const lines: string[] = [];
      world.task('reader', async () => {
        using _reader = rcu.readLock();
        await world.delay(10);
      });
      world.task('updater', async () => {
        rcu.call(() => void lines.push(`freed at ${world.now()} in ${session.current.kind}`));
        await rcu.barrier();
        lines.push('barrier');
        await rcu.barrier();
      });
      expect((await world.run()).stuck).toEqual([]);
      expect(lines).toEqual(['freed at 10 in softirq', 'barrier']);
    });
    expect(recorder.of('rcu_callback')).toEqual([
      'enter rcu_do_batch(rcu_callback)',
      'exit rcu_callback_end(rcu_callback)',
    ]);
    expect(recorder.pending.size).toBe(0);
  });
});

describe('PercpuRef', () => {
  test('lives until the last reference after kill', async () => {
    const recorder = await recorded(async () => {
      const world = new World();
      let released = -1;
      const ref = new PercpuRef(
        () => {
          released = world.now();
        },
        { name: 'q_usage' },
      );
      world.task('user', async () => {
        expect(ref.trygetLive()).toBe(true);
        await world.sleep(10);
        ref.put();
        expect(ref.isZero).toBe(true);
        expect(() => ref.put()).toThrow(code('ERR_DEPT_USE_AFTER_FREE'));
        expect(() => ref.get()).toThrow(code('ERR_DEPT_USE_AFTER_FREE'));
        expect(ref.tryget()).toBe(false);
      });
      world.task('freezer', async () => {
        ref.kill();
        expect(() => ref.kill()).toThrow(code('ERR_DEPT_BAD_STATE'));
        expect(ref.trygetLive()).toBe(false);
        expect(ref.tryget()).toBe(true);
        ref.put();
        await ref.drain();
        expect(world.now()).toBe(10);
        await ref.drain();
        ref.reinit();
        expect(ref.trygetLive()).toBe(true);
        ref.put();
      });
      expect((await world.run()).stuck).toEqual([]);
      expect(released).toBe(10);
    });
    expect(recorder.open.size).toBe(0);
    expect(recorder.pending.size).toBe(0);
    expect(recorder.of('freezer')).toContain('blocked percpu_ref_drain(q_usage)');
  });

  test('misuse of its states is refused', () => {
    const ref = new PercpuRef(() => undefined, { name: 'R' });
    expect(() => ref.put()).toThrow(code('ERR_DEPT_BAD_UNLOCK'));
    expect(() => ref.reinit()).toThrow(code('ERR_DEPT_BAD_STATE'));
    expect(() => ref.resurrect()).toThrow(code('ERR_DEPT_BAD_STATE'));
    ref.get();
    expect(() => ref.exit()).toThrow(code('ERR_DEPT_BAD_STATE'));
    ref.kill();
    ref.resurrect();
    expect(ref.trygetLive()).toBe(true);
    ref.put();
    ref.put();
    ref.exit();
    expect(ref.tryget()).toBe(false);
  });

  test('a drain by a holder hangs', async () => {
    const world = new World();
    const ref = new PercpuRef(() => undefined, { name: 'R' });
    world.task('holder', async () => {
      ref.get();
      ref.kill();
      await ref.drain();
    });
    expect((await world.run()).stuck.map(({ waitingFor }) => waitingFor)).toEqual(['percpu_ref_drain(R)']);
  });
});

describe('Kref', () => {
  test('releases once, at the last put', () => {
    let released = 0;
    const ref = new Kref(() => released++, { name: 'K' });
    ref.get();
    expect(ref.getUnlessZero()).toBe(true);
    expect([ref.put(), ref.put(), ref.put()]).toEqual([false, false, true]);
    expect(released).toBe(1);
    expect(ref.getUnlessZero()).toBe(false);
  });

  test('use after the last put is a misuse', async () => {
    const recorder = await recorded(async () => {
      const ref = new Kref(() => undefined, { name: 'K' });
      ref.put();
      expect(() => ref.get()).toThrow(code('ERR_DEPT_USE_AFTER_FREE'));
      expect(() => ref.put()).toThrow('kref_put(K) after its last reference was put');
    });
    expect(recorder.kinds).toEqual(['use-after-destroy', 'use-after-destroy']);
  });
});
