import { describe, expect, test } from 'vitest';
import { RwLock, World } from '../../../../src/sync/index.ts';
import { recorded } from '../../../conformance/recorder.ts';

describe('RwLock', () => {
  test('readers share, writers do not, and nobody overtakes', async () => {
    const world = new World();
    const lock = new RwLock({ name: 'RW' });
    const lines: string[] = [];
    const enters = (name: string, run: (fn: () => Promise<void>) => Promise<void>) => () =>
      run(async () => {
        lines.push(`${name}+`);
        await world.sleep(10);
        lines.push(`${name}-`);
      });
    const read = (fn: () => Promise<void>) => lock.runShared(fn);
    world.task('r1', enters('r1', read));
    world.task('r2', enters('r2', read));
    world.task(
      'w',
      enters('w', (fn) => lock.runExclusive(fn)),
    );
    world.task('r3', enters('r3', read));
    expect((await world.run()).stuck).toEqual([]);
    expect(lines).toEqual(['r1+', 'r2+', 'r1-', 'r2-', 'w+', 'w-', 'r3+', 'r3-']);
    expect(lock.isLocked).toBe(false);
  });

  test('reading again behind a waiting writer is a deadlock', async () => {
    const world = new World();
    const lock = new RwLock({ name: 'RW' });
    world.task('reader', async () => {
      await lock.readLock();
      await world.yield();
      await lock.readLock();
    });
    world.task('writer', async () => void (await lock.writeLock()));
    expect((await world.run()).stuck.map(({ waitingFor }) => waitingFor)).toEqual(['read_lock(RW)', 'write_lock(RW)']);
  });

  test('a writer that gives up lets the readers behind it in', async () => {
    const world = new World();
    const lock = new RwLock({ name: 'RW' });
    let readAt = -1;
    world.task('r1', () => lock.runShared(() => world.sleep(100)));
    world.task('w', () => lock.writeLock({ timeoutMs: 10 }).then(undefined, () => undefined) as Promise<void>);
    world.task('r2', () =>
      lock.runShared(() => {
        readAt = world.now();
      }),
    );
    await world.run();
    expect(readAt).toBe(10);
  });

  test('a downgrade lets waiting readers in and keeps writers out', async () => {
    const recorder = await recorded(async () => {
      const world = new World();
      const lock = new RwLock({ name: 'RW' });
      const lines: string[] = [];
      world.task('w1', async () => {
        using guard = await lock.writeLock();
        await world.sleep(1);
        lock.downgrade(guard);
        expect(lock.readers).toBe(2);
        lines.push('downgraded');
        await world.sleep(1);
        lines.push('released');
      });
      world.task('r', () => lock.runShared(() => void lines.push('read')));
      world.task('w2', () => lock.runExclusive(() => void lines.push('written')));
      expect((await world.run()).stuck).toEqual([]);
      expect(lines).toEqual(['downgraded', 'read', 'released', 'written']);
    });
    expect(recorder.of('w1')).toEqual([
      'wait write_lock(RW)',
      'fired write_lock(RW)',
      'enter write_lock(RW)',
      'exit write_unlock(RW)',
      'enter downgrade(RW)',
      'exit read_unlock(RW)',
    ]);
    expect(recorder.open.size).toBe(0);
  });

  test('a released guard cannot be downgraded', async () => {
    const lock = new RwLock({ name: 'RW' });
    const guard = await lock.writeLock();
    guard.release();
    expect(() => lock.downgrade(guard)).toThrow(expect.objectContaining({ code: 'ERR_DEPT_BAD_UNLOCK' }));
  });
});
