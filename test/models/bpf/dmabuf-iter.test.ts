import { describe, expect, test } from 'vitest';
import { BpfIterDmabuf, DmabufIterSeq, dmabufIterOpen } from '../../../src/models/bpf/dmabuf-iter.ts';
import { dmaBufIterBegin, dmaBufIterNext, dmaBufs } from '../../../src/models/dma-buf/dma-buf-list.ts';
import { SystemHeap } from '../../../src/models/dma-buf/system-heap.ts';
import { flushDelayedFput } from '../../../src/models/fs/file.ts';
import { EIO } from '../../../src/sync/errno.ts';
import { MockExporter } from '../dma-buf/mock-exporter.ts';
import { exploreWorld } from '../explore-world.ts';
import { inKernel } from '../stage.ts';
import { makeBuffers, readAll, readOnce, showIno } from './iter-stage.ts';

const references = (): number[] => dmaBufs().map((dmabuf) => dmabuf.references);

describe('the list', () => {
  test('shows buffers that are alive only', async () => {
    await inKernel(async () => {
      const exporter = new MockExporter();
      const [last, dying, first] = [await exporter.export(), await exporter.export(), await exporter.export()];
      await dying.put();
      // The release waits for its turn: the buffer is still in the list.
      expect(dmaBufs()).toEqual([first, dying, last]);
      const current = await dmaBufIterBegin();
      expect(current).toBe(first);
      expect(current === null ? null : await dmaBufIterNext(current)).toBe(last);
      expect([first.references, last.references]).toEqual([1, 2]);
      await last.put();
    });
  });

  test('of nothing but dying buffers is empty', async () => {
    await inKernel(async () => {
      await (await new MockExporter().export()).put();
      expect(await dmaBufIterBegin()).toBeNull();
    });
  });

  test('is walked while buffers come and go, in every schedule: no use after free, no reference left', async () => {
    const exploration = await exploreWorld(
      (world) => {
        let fault: string | null = 'never ran';
        world.task('setup', async () => {
          const exporter = new MockExporter();
          const buffers = [await exporter.export(), await exporter.export()];
          const walks = world.task('walks', async () => {
            let dmabuf = await dmaBufIterBegin();
            while (dmabuf !== null) dmabuf = await dmaBufIterNext(dmabuf);
          });
          const closes = world.task('closes', async () => {
            for (const dmabuf of buffers) await dmabuf.put();
          });
          while (walks.state !== 'ended' || closes.state !== 'ended') await world.sleep(1);
          await flushDelayedFput();
          const { length } = dmaBufs();
          fault = length === 0 && exporter.module.references === 0 ? null : `${length} buffers are left`;
        });
        return () => fault;
      },
      { preemptions: 2, maxSchedules: 5_000 },
    );
    expect([exploration.fault, exploration.hang, exploration.complete]).toEqual([null, null, true]);
    expect(exploration.schedules).toBeGreaterThan(5);
  });
});

describe('reading', () => {
  test('goes on where it stopped, whatever happened to the neighbours', async () => {
    await inKernel(async () => {
      SystemHeap.create();
      const { user, fds, inodes } = await makeBuffers(5);
      const file = dmabufIterOpen(showIno);
      expect(await readOnce(file, 2)).toBe(`${inodes[0]}\n`);
      // The one before, the one that is kept, and the one after.
      for (const at of [4, 3, 2]) await user.process.close(fds[at] as number);
      await flushDelayedFput();
      expect(await readAll(file, 2)).toBe([1, 3, 4].map((at) => `${inodes[at]}\n`).join(''));
      await flushDelayedFput();
      expect(references()).toEqual([1, 1]);
    });
  });

  test('of the program that fails at a buffer is refused there, again and again, and keeps one reference', async () => {
    await inKernel(async () => {
      SystemHeap.create();
      const { inodes } = await makeBuffers(3);
      const file = dmabufIterOpen((seq, dmabuf) => (dmabuf.ino === inodes[1] ? -EIO : showIno(seq, dmabuf)));
      expect([await readOnce(file, 64), await readOnce(file, 64), await readOnce(file, 64)]).toEqual([
        `${inodes[0]}\n`,
        -EIO,
        -EIO,
      ]);
      expect(references()).toEqual([1, 2, 1]);
      await file.put();
      await flushDelayedFput();
      expect(references()).toEqual([1, 1, 1]);
    });
  });

  test('of the program that leaves buffers out', async () => {
    await inKernel(async () => {
      SystemHeap.create();
      const { inodes } = await makeBuffers(4);
      const odd = dmabufIterOpen((seq, dmabuf) => (dmabuf.ino % 2 === 0 ? 1 : showIno(seq, dmabuf)));
      expect(await readAll(odd, 64)).toBe(
        inodes
          .filter((ino) => ino % 2 === 1)
          .map((ino) => `${ino}\n`)
          .join(''),
      );
    });
  });

  test('runs the program without a lock: it may look at the list itself', async () => {
    await inKernel(async () => {
      SystemHeap.create();
      await makeBuffers(2);
      const file = dmabufIterOpen(async (seq) => {
        const inner = new BpfIterDmabuf();
        let count = 0;
        while ((await inner.next()) !== null) count++;
        await inner.destroy();
        seq.puts(`${count}\n`);
        return 0;
      });
      expect(await readAll(file, 64)).toBe('2\n2\n');
      expect(references()).toEqual([1, 1]);
    });
  });

  test('by two readers gives each of them everything', async () => {
    await inKernel(async () => {
      SystemHeap.create();
      const { inodes } = await makeBuffers(3);
      const [one, two] = [dmabufIterOpen(showIno), dmabufIterOpen(showIno)];
      expect([await readOnce(one, 2), await readOnce(two, 2)]).toEqual([`${inodes[0]}\n`, `${inodes[0]}\n`]);
      expect(references()).toEqual([1, 3, 1]);
      expect([await readAll(one, 2), await readAll(two, 64)]).toEqual(
        [1, 2].map(() =>
          inodes
            .slice(1)
            .map((ino) => `${ino}\n`)
            .join(''),
        ),
      );
      expect(references()).toEqual([1, 1, 1]);
    });
  });
});

describe('what stop kept', () => {
  test('is put before, and lost where the patch began again', async () => {
    for (const [iterPutStashed, left] of [
      [true, 1],
      [false, 2],
    ] as const) {
      await inKernel(async () => {
        const dmabuf = await new MockExporter().export();
        const iter = new DmabufIterSeq(showIno, { iterPutStashed });
        for (let i = 0; i < 2; i++) {
          await iter.stop(await iter.start({ index: 0 }));
          expect(iter.stashed).toBe(dmabuf);
        }
        await iter.fini();
        expect(dmabuf.references).toBe(left);
      });
    }
  });

  test('is the end when nothing was kept', async () => {
    await inKernel(async () => {
      await new MockExporter().export();
      expect(await new DmabufIterSeq(showIno).start({ index: 1 })).toBeNull();
      const before = new DmabufIterSeq(showIno, { iterStash: false });
      await before.stop(await before.start({ index: 0 }));
      expect([before.stashed, await before.start({ index: 1 }), references()]).toEqual([null, null, [1]]);
    });
  });
});

describe('the loop inside of a program', () => {
  test('that is left early gives its reference back, and begins again after the end', async () => {
    await inKernel(async () => {
      const dmabuf = await new MockExporter().export();
      const iter = new BpfIterDmabuf();
      expect([await iter.next(), dmabuf.references]).toEqual([dmabuf, 2]);
      await iter.destroy();
      expect(dmabuf.references).toBe(1);
      expect([await iter.next(), await iter.next(), await iter.next()]).toEqual([dmabuf, null, dmabuf]);
      await iter.destroy();
      await iter.destroy();
      expect(dmabuf.references).toBe(1);
    });
  });
});
