import { describe, expect, test } from 'vitest';
import { DmaResv } from '../../../src/models/dma-buf/resv.ts';
import { DmaResvUsageLevel } from '../../../src/models/dma-buf/resv-usage.ts';
import {
  DRM_EXEC_IGNORE_DUPLICATES,
  DRM_EXEC_INTERRUPTIBLE_WAIT,
  DrmExec,
  type DrmExecObject,
} from '../../../src/models/drm/exec.ts';
import { failSlab } from '../../../src/models/slab.ts';
import { EALREADY, EDEADLK, EINTR, EINVAL, ENOMEM } from '../../../src/sync/errno.ts';
import type { World } from '../../../src/sync/world.ts';
import { fenceOf } from '../cases/fence-fixtures.ts';
import { exploreWorld } from '../explore-world.ts';
import { inKernel } from '../stage.ts';

/** A GEM object, as far as it is of interest here. */
class Buffer implements DrmExecObject {
  readonly resv: DmaResv;
  references = 1;

  constructor(label: string, resv: DmaResv = new DmaResv({ label })) {
    this.resv = resv;
  }

  get(): void {
    this.references++;
  }

  put(): void {
    this.references--;
  }
}

const buffers = (...labels: readonly string[]): Buffer[] => labels.map((label) => new Buffer(label));
const free = (all: readonly Buffer[]): unknown[] => all.map(({ resv, references }) => [resv.isLocked, references]);

/** Locks objects in order, as a driver does. @returns the error, or 0 */
async function lockAll(exec: DrmExec, all: readonly Buffer[]): Promise<number> {
  return exec.untilAllLocked(async () => {
    for (const object of all) {
      const result = await exec.prepareObj(object, 1);
      if (result !== 0) return result;
    }
    return 0;
  });
}

describe('without contention', () => {
  test('all are locked in one round, each with a reference and slots, until fini', async () => {
    await inKernel(async () => {
      const all = buffers('A', 'B', 'C');
      const exec = new DrmExec();
      let rounds = 0;
      while (await exec.cleanup()) {
        rounds++;
        expect(await exec.prepareArray(all, 2)).toBe(0);
        expect(exec.isContended).toBe(false);
      }
      expect([rounds, exec.lockedObjects, exec.ticket?.acquired]).toEqual([1, all, 3]);
      for (const { resv, references } of all) {
        expect([resv.isHeld, resv.lockingContext, references]).toEqual([true, exec.ticket, 2]);
        for (const context of [1, 2]) await resv.addFence(fenceOf(context, 1), DmaResvUsageLevel.READ);
      }
      await exec.fini();
      expect(free(all)).toEqual([
        [false, 1],
        [false, 1],
        [false, 1],
      ]);
      expect(() => exec.ticket?.fini()).toThrow(/finished already/);
    });
  });

  test('nothing to lock is fine, before the loop and in it', async () => {
    await inKernel(async () => {
      const [idle, empty] = [new DrmExec(), new DrmExec()];
      await idle.fini();
      expect([await empty.untilAllLocked(() => Promise.resolve(0)), empty.lockedObjects]).toEqual([0, []]);
      await empty.fini();
    });
  });

  test('an object twice is -EALREADY, and no matter when duplicates are ignored', async () => {
    await inKernel(async () => {
      const [buffer] = buffers('A') as [Buffer];
      const strict = new DrmExec();
      expect(await lockAll(strict, [buffer, buffer])).toBe(-EALREADY);
      expect([strict.lockedObjects, buffer.references]).toEqual([[buffer], 2]);
      await strict.fini();
      const lax = new DrmExec(DRM_EXEC_IGNORE_DUPLICATES);
      expect(await lockAll(lax, [buffer, buffer])).toBe(0);
      expect([lax.lockedObjects, buffer.references]).toEqual([[buffer], 2]);
      await lax.fini();
      expect(free([buffer])).toEqual([[false, 1]]);
    });
  });

  test('two objects of one reservation are duplicates', async () => {
    await inKernel(async () => {
      const resv = new DmaResv({ label: 'VM' });
      const exec = new DrmExec(DRM_EXEC_IGNORE_DUPLICATES);
      expect(await lockAll(exec, [new Buffer('A', resv), new Buffer('B', resv)])).toBe(0);
      expect(exec.lockedObjects).toHaveLength(1);
      await exec.fini();
    });
  });

  test('an object can be unlocked again, one that is not locked is left alone', async () => {
    await inKernel(async () => {
      const all = buffers('A', 'B', 'C');
      const exec = new DrmExec();
      await exec.untilAllLocked(async () => {
        expect(await exec.prepareArray(all.slice(0, 2), 1)).toBe(0);
        await exec.unlockObj(all[0] as Buffer);
        await exec.unlockObj(all[2] as Buffer);
        return 0;
      });
      expect([exec.lockedObjects, ...free(all)]).toEqual([[all[1]], [false, 1], [true, 2], [false, 1]]);
      await exec.fini();
    });
  });

  test('once all is locked nothing more may be', async () => {
    await inKernel(async () => {
      const [first, second] = buffers('A', 'B') as [Buffer, Buffer];
      const exec = new DrmExec();
      expect(await lockAll(exec, [first])).toBe(0);
      await expect(exec.lockObj(second)).rejects.toThrow(expect.objectContaining({ code: 'ERR_DEPT_WW_STATE' }));
      await exec.fini();
    });
  });
});

describe('errors', () => {
  test('no slots, and no memory for slots, unlock the object again', async () => {
    const { messages } = await inKernel(async () => {
      const [buffer] = buffers('A') as [Buffer];
      const exec = new DrmExec();
      await exec.cleanup();
      expect(await exec.prepareObj(buffer, 0)).toBe(-EINVAL);
      failSlab((what) => what === 'dma_resv_reserve_fences');
      expect(await exec.prepareObj(buffer, 1)).toBe(-ENOMEM);
      expect([exec.lockedObjects, ...free([buffer])]).toEqual([[], [false, 1]]);
      await exec.fini();
    });
    expect(messages('warn')).toHaveLength(1);
  });

  test('no memory to remember the object is -ENOMEM; when init got none, the first use asks again', async () => {
    await inKernel(async () => {
      const all = buffers('A', 'B');
      failSlab((what) => what.startsWith('drm_exec'));
      const exec = new DrmExec();
      await exec.cleanup();
      expect([await exec.lockObj(all[0] as Buffer), ...free(all)]).toEqual([-ENOMEM, [false, 1], [false, 1]]);
      failSlab(() => false);
      expect([await exec.lockObj(all[0] as Buffer), exec.lockedObjects.length]).toEqual([0, 1]);
      const small = new DrmExec(0, 1);
      await small.cleanup();
      expect(await small.lockObj(all[1] as Buffer)).toBe(0);
      failSlab((what) => what === 'drm_exec_obj_locked');
      const [third] = buffers('C') as [Buffer];
      expect([await small.lockObj(third), ...free([third])]).toEqual([-ENOMEM, [false, 1]]);
      await small.fini();
      await exec.fini();
      expect(free(all)).toEqual([
        [false, 1],
        [false, 1],
      ]);
    });
  });

  test('prepare_array stops at the first one that fails', async () => {
    await inKernel(async () => {
      const [first, second] = buffers('A', 'B') as [Buffer, Buffer];
      const exec = new DrmExec();
      await exec.cleanup();
      expect(await exec.prepareArray([first, first, second], 1)).toBe(-EALREADY);
      expect(second.resv.isLocked).toBe(false);
      await exec.fini();
    });
  });
});

describe('contention', () => {
  interface Crossing {
    readonly all: Buffer[];
    /** What the younger one's calls answered. */
    readonly answers: number[];
    /** The locks the younger one has whenever it begins a round. */
    readonly rounds: number[];
  }

  /** Two of them cross: the older has A and wants B, the younger has B and wants A. */
  function cross(world: World, flags: number, { all, answers, rounds }: Crossing, isInterrupted = false): void {
    const [a, b] = all as [Buffer, Buffer];
    const exec = new DrmExec(flags);
    world.task('older', async () => {
      const older = new DrmExec(flags);
      await older.cleanup();
      expect(await older.lockObj(a)).toBe(0);
      await world.sleep(5);
      expect(await older.lockObj(b)).toBe(0);
      await world.sleep(20);
      expect(await older.cleanup()).toBe(false);
      await older.fini();
    });
    const younger = world.task('younger', async () => {
      await world.sleep(1);
      await exec.untilAllLocked(async () => {
        rounds.push(exec.ticket?.acquired ?? -1);
        for (const object of [b, a]) {
          answers.push(await exec.lockObj(object));
          if (answers.at(-1) !== 0) break;
          if (object === b) await world.sleep(2);
        }
        return answers.at(-1) ?? 0;
      });
      await exec.fini();
    });
    if (isInterrupted) world.timer(() => younger.interrupt(), 10);
  }

  const crossing = (): Crossing => ({ all: buffers('A', 'B'), answers: [], rounds: [] });

  test('is -EDEADLK: all is unlocked, the contended object comes first, and references balance', async () => {
    const seen: Crossing[] = [];
    const { circles, misuses } = await inKernel(async (world) => {
      seen.push(crossing());
      cross(world, 0, seen[0] as Crossing);
      await world.sleep(15);
      // The older one has both; the contention keeps A, as the older one's lock does.
      expect(free(seen[0]?.all ?? [])).toEqual([
        [true, 3],
        [true, 2],
      ]);
    });
    const [{ all, answers, rounds } = crossing()] = seen;
    // The second round: A is locked before B is, and asking for it afterwards finds it.
    expect([answers, rounds]).toEqual([
      [0, -EDEADLK, 0, 0],
      [0, 0],
    ]);
    expect(free(all)).toEqual([
      [false, 1],
      [false, 1],
    ]);
    expect([circles(), misuses]).toEqual([[], []]);
  });

  test('a signal during the slow lock ends the loop with -EINTR, and nothing is held', async () => {
    const seen: Crossing[] = [];
    await inKernel((world) => {
      seen.push(crossing());
      cross(world, DRM_EXEC_INTERRUPTIBLE_WAIT, seen[0] as Crossing, true);
    });
    const [{ all, answers } = crossing()] = seen;
    expect(answers).toEqual([0, -EDEADLK, -EINTR]);
    expect(free(all)).toEqual([
      [false, 1],
      [false, 1],
    ]);
  });

  test('waits that may not be interrupted go on', async () => {
    const seen: Crossing[] = [];
    await inKernel((world) => {
      seen.push(crossing());
      cross(world, 0, seen[0] as Crossing, true);
    });
    expect(seen[0]?.answers).toEqual([0, -EDEADLK, 0, 0]);
  });

  test('giving up after a contention leaves nothing behind', async () => {
    await inKernel(async (world) => {
      const [a, b] = buffers('A', 'B') as [Buffer, Buffer];
      const older = new DrmExec();
      await older.cleanup();
      world.task('younger', async () => {
        const exec = new DrmExec();
        await exec.cleanup();
        expect(await exec.lockObj(b)).toBe(0);
        await world.sleep(5);
        expect([await exec.lockObj(a), exec.isContended]).toEqual([-EDEADLK, true]);
        await exec.fini();
        expect(b.resv.isLocked).toBe(false);
      });
      expect(await older.lockObj(a)).toBe(0);
      await world.sleep(10);
      await older.fini();
      expect(free([a, b])).toEqual([
        [false, 1],
        [false, 1],
      ]);
    });
  });

  test('the contended object stays locked when the next round does not ask for it', async () => {
    await inKernel(async (world) => {
      const [a, b] = buffers('A', 'B') as [Buffer, Buffer];
      const older = new DrmExec();
      await older.cleanup();
      world.task('younger', async () => {
        const exec = new DrmExec();
        await exec.cleanup();
        await exec.lockObj(b);
        await world.sleep(2);
        expect(await exec.lockObj(a)).toBe(-EDEADLK);
        expect(await exec.cleanup()).toBe(true);
        expect(await exec.lockObj(b)).toBe(0);
        expect(exec.lockedObjects).toEqual([a, b]);
        expect(await exec.cleanup()).toBe(false);
        expect(a.references).toBe(3);
        await exec.fini();
      });
      expect(await older.lockObj(a)).toBe(0);
      await world.sleep(5);
      await older.fini();
      await world.sleep(5);
      expect(free([a, b])).toEqual([
        [false, 1],
        [false, 1],
      ]);
    });
  });

  test('in every schedule of three that cross each other all end, and nothing is left behind', async () => {
    const orders = [
      [0, 1],
      [1, 2],
      [2, 0],
    ] as const;
    const searched = await exploreWorld(
      (world) => {
        const all: Buffer[] = [];
        world.task('setup', () => {
          all.push(...buffers('A', 'B', 'C'));
          for (const [index, order] of orders.entries()) {
            world.task(`T${index}`, async () => {
              const exec = new DrmExec();
              const wanted = order.map((at) => all[at] as Buffer);
              await exec.untilAllLocked(async () => {
                for (const object of wanted) {
                  const result = await exec.lockObj(object);
                  if (result !== 0) return result;
                  await world.yield();
                }
                return 0;
              });
              await exec.fini();
            });
          }
        });
        return () => (all.every(({ resv, references }) => !resv.isLocked && references === 1) ? null : 'left behind');
      },
      { preemptions: 2 },
    );
    expect([searched.fault, searched.hang, searched.complete]).toEqual([null, null, true]);
    expect(searched.schedules).toBeGreaterThan(100);
  });
});
