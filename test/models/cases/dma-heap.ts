// The system heap and who pays for its memory: the kernel's dmabuf-heaps selftest, and what the seed's patch is about.
import assert from 'node:assert/strict';
import { DMA_BUF_SYNC_END, DMA_BUF_SYNC_RW } from '../../../src/models/dma-buf/dma-buf-ioctl.ts';
import type { SystemHeapOptions } from '../../../src/models/dma-buf/system-heap.ts';
import type { SystemHeapBuffer } from '../../../src/models/dma-buf/system-heap-buffer.ts';
import { DrmFile } from '../../../src/models/drm/drm-file.ts';
import { gemCloseIoctl } from '../../../src/models/drm/gem-ioctl.ts';
import { primeFdToHandle } from '../../../src/models/drm/prime.ts';
import { vgemDevice } from '../../../src/models/drm/vgem.ts';
import { flushDelayedFput, KernelFile } from '../../../src/models/fs/file.ts';
import { O_CLOEXEC, O_RDWR } from '../../../src/models/fs/open-flags.ts';
import { pidfdOpen } from '../../../src/models/fs/pidfd.ts';
import type { VmArea } from '../../../src/models/fs/vm-area.ts';
import { MemCgroup, rootMemCgroup } from '../../../src/models/mm/memcg.ts';
import { Process } from '../../../src/models/process.ts';
import { failSlab } from '../../../src/models/slab.ts';
import { EACCES, EBADF, EINTR, EINVAL, EMFILE, ENOMEM, ENOTTY } from '../../../src/sync/errno.ts';
import { HeapUser, KIB, MIB, systemHeap } from '../dma-buf/heap-stage.ts';
import { quietly } from '../stage.ts';
import type { KernelCase } from './kernel-case.ts';

const ACCOUNT: SystemHeapOptions = { memAccounting: true };

async function mapped(user: HeapUser, fd: number): Promise<VmArea> {
  const area = await user.process.mmap(fd, user.bufferOf(fd).size);
  assert.ok(typeof area !== 'number', 'mmap answers an errno');
  return area;
}

function isFilled(bytes: Uint8Array, byte: number): boolean {
  return Buffer.alloc(bytes.length, byte).equals(bytes);
}

async function allocAndUse(): Promise<void> {
  await quietly(async () => {
    const { heap, user } = systemHeap();
    const free = heap.pages.freeFrames;
    const fd = await user.alloc(MIB, { fdFlags: O_RDWR | O_CLOEXEC });
    assert.ok(fd >= 0);
    const area = await mapped(user, fd);
    const sync = (flags: number): Promise<number> => user.process.ioctl(fd, 'DMA_BUF_IOCTL_SYNC', { flags });
    assert.equal(await sync(DMA_BUF_SYNC_RW), 0);
    area.write(0, new Uint8Array(MIB / 2).fill(1));
    area.write(MIB / 2, new Uint8Array(MIB / 2));
    assert.equal(await sync(DMA_BUF_SYNC_RW | DMA_BUF_SYNC_END), 0);
    const vgem = vgemDevice();
    const drm = DrmFile.open(vgem);
    assert.ok(typeof drm !== 'number');
    const handle = await user.process.run(() => primeFdToHandle(drm, fd));
    assert.ok(handle > 0);
    assert.deepEqual([area.read(0, 1), area.read(MIB - 1, 1)], [Uint8Array.of(1), Uint8Array.of(0)]);
    const synced = vgem.dma.syncs.length;
    assert.equal(await sync(DMA_BUF_SYNC_RW), 0);
    area.write(0, new Uint8Array(MIB).fill(0xff));
    assert.ok(isFilled(area.read(0, MIB), 0xff));
    assert.equal(await sync(DMA_BUF_SYNC_RW | DMA_BUF_SYNC_END), 0);
    // The device has it mapped: its memory is handed to the processor, and back.
    assert.deepEqual(
      vgem.dma.syncs.slice(synced).map((each) => each.for),
      ['cpu', 'device'],
    );
    assert.equal(await gemCloseIoctl(drm, handle), 0);
    await area.munmap();
    assert.equal(await user.process.close(fd), 0);
    await flushDelayedFput();
    assert.equal(heap.pages.freeFrames, free);
  });
}

async function allocZeroed(): Promise<void> {
  for (const size of [4 * KIB, MIB]) {
    await quietly(async () => {
      const { user } = systemHeap();
      const round = async (use: (area: VmArea) => void): Promise<void> => {
        const fds: number[] = [];
        for (let i = 0; i < 32; i++) fds.push(await user.alloc(size));
        for (const fd of fds) {
          const area = await mapped(user, fd);
          use(area);
          await area.munmap();
          await user.process.close(fd);
        }
        await flushDelayedFput();
      };
      await round((area) => area.write(0, new Uint8Array(size).fill(0xa5)));
      await round((area) => assert.ok(isFilled(area.read(0, size), 0)));
    });
  }
}

/** The struct in bytes: u64 len, u32 fd, u32 fd_flags, and from then on as the version of the program has it. */
function struct(size: number, filler: number): Uint8Array {
  const bytes = new Uint8Array(size).fill(filler, 24);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(MIB), true);
  new DataView(bytes.buffer).setUint32(12, O_RDWR | O_CLOEXEC, true);
  return bytes;
}

async function compat(size: number): Promise<void> {
  await quietly(async () => {
    const { user } = systemHeap();
    const argument = struct(size, 0xff);
    assert.equal(await user.process.ioctl(user.heapFd, 'DMA_HEAP_IOCTL_ALLOC', argument), 0);
    const fd = new DataView(argument.buffer).getUint32(8, true);
    assert.equal(user.bufferOf(fd).size, MIB);
    assert.ok(isFilled(argument.subarray(24), 0xff));
  });
}

async function allocErrors(): Promise<void> {
  await quietly(async () => {
    const { user } = systemHeap();
    const other = user.process.files.receive(new KernelFile({ name: 'terminal', ops: {} }));
    assert.equal(await user.process.ioctl(other, 'DMA_HEAP_IOCTL_ALLOC', { len: MIB }), -ENOTTY);
    assert.equal(await user.alloc(MIB, { heapFlags: 0x111111 }), -EINVAL);
    assert.equal(await user.alloc(MIB, { fdFlags: ~(O_RDWR | O_CLOEXEC) }), -EINVAL);
  });
}

async function orderVectors(): Promise<void> {
  await quietly(async (world) => {
    const { heap, user } = systemHeap();
    const orders = async (length: number): Promise<readonly number[]> => user.ordersOf(await user.alloc(length));
    assert.deepEqual(await orders(MIB), [8]);
    assert.deepEqual(await orders(MIB + 4 * KIB), [8, 0]);
    assert.deepEqual(await orders(68 * KIB), [4, 0]);
    assert.deepEqual(await orders(100 * KIB), [4, ...Array<number>(9).fill(0)]);
    failSlab((what) => what === 'alloc_pages(order 8)');
    assert.deepEqual(await orders(2 * MIB), Array<number>(32).fill(4));
    const held = heap.pages.freeFrames;
    failSlab((what) => what.startsWith('alloc_pages'));
    assert.equal(await user.alloc(MIB), -ENOMEM);
    failSlab(() => false);
    let killed = 0;
    const task = world.task('victim', async () => {
      await world.sleep(1);
      killed = await user.alloc(MIB);
    });
    task.interrupt();
    await world.sleep(2);
    assert.deepEqual([killed, heap.pages.freeFrames], [-EINTR, held]);
  });
}

async function lengths(): Promise<void> {
  await quietly(async () => {
    const { heap, user } = systemHeap();
    const free = heap.pages.freeFrames;
    assert.equal(await user.alloc(0), -EINVAL);
    // PAGE_ALIGN of the largest size_t wraps around to nothing.
    assert.equal(await user.process.ioctl(user.heapFd, 'DMA_HEAP_IOCTL_ALLOC', { len: 2n ** 64n - 1n }), -EINVAL);
    assert.equal(await user.alloc(MIB, { fd: 1 }), -EINVAL);
    assert.equal(await user.process.ioctl(user.heapFd, 'DMA_HEAP_IOCTL_FREE', { len: MIB }), -ENOTTY);
    assert.equal(heap.pages.freeFrames, free);
    const fd = await user.alloc(1);
    assert.deepEqual([user.bufferOf(fd).size, user.ordersOf(fd)], [4 * KIB, [0]]);
    const full = new HeapUser('full', { maxFiles: 1 });
    assert.equal(await full.alloc(MIB), -EMFILE);
    await flushDelayedFput();
    assert.equal(heap.pages.freeFrames, free - 1);
  });
}

async function noSecondTry(): Promise<void> {
  await quietly(async () => {
    const tried: string[] = [];
    let large = 0;
    failSlab((what) => {
      const order = /^alloc_pages\(order (\d+)\)$/.exec(what)?.[1];
      if (order !== undefined) tried.push(order);
      return order === '8' && ++large > 1;
    });
    const { user } = systemHeap();
    assert.deepEqual(user.ordersOf(await user.alloc(3 * MIB)), [8, ...Array<number>(32).fill(4)]);
    assert.deepEqual(tried, ['8', '8', ...Array<string>(32).fill('4')]);
  });
}

/** Every place where memory may be short. Nothing is kept. */
async function rollback(): Promise<void> {
  const places = ['system_heap_allocate', 'alloc_pages(order 0)', 'sg_alloc_table', 'dma_buf_export'];
  for (const place of places) {
    await quietly(async () => {
      const memcg = new MemCgroup('app', { max: 10 * MIB });
      const { heap, user } = systemHeap(ACCOUNT, { memcg });
      const free = heap.pages.freeFrames;
      failSlab((what) => what === place);
      assert.equal(await user.alloc(MIB + 4 * KIB), -ENOMEM, place);
      failSlab(() => false);
      const left = [memcg.usage, heap.pages.freeFrames, heap.module.references, user.process.files.open];
      assert.deepEqual(left, [0, free, 0, [user.heapFd]], place);
      assert.ok((await user.alloc(MIB + 4 * KIB)) > 0);
    });
  }
}

async function limit(options: SystemHeapOptions, second: number, usage: number): Promise<void> {
  await quietly(async () => {
    const memcg = new MemCgroup('app', { max: 10 * MIB });
    const { heap, user } = systemHeap(options, { memcg });
    assert.ok((await user.alloc(8 * MIB)) >= 0);
    const [descriptors, free] = [user.process.files.open, heap.pages.freeFrames];
    const result = await user.alloc(4 * MIB);
    assert.equal(Math.min(0, result), second);
    assert.equal(memcg.usage, usage);
    if (second === 0) return;
    assert.deepEqual([user.process.files.open, heap.pages.freeFrames], [descriptors, free]);
  });
}

/** A piece that is too large for the limit is a failed one: smaller ones are tried. */
async function chargeFallsBack(): Promise<void> {
  await quietly(async () => {
    const memcg = new MemCgroup('app', { max: MIB + 512 * KIB });
    const { user } = systemHeap(ACCOUNT, { memcg });
    await user.alloc(MIB);
    const fd = await user.alloc(256 * KIB);
    assert.deepEqual([user.ordersOf(fd), memcg.usage], [[4, 4, 4, 4], MIB + 256 * KIB]);
    const parent = new MemCgroup('parent', { max: 128 * KIB });
    const other = new HeapUser('other', { memcg: new MemCgroup('child', { parent }) });
    assert.equal(await other.alloc(132 * KIB), -ENOMEM);
    assert.deepEqual(other.ordersOf(await other.alloc(128 * KIB)), [4, 4]);
    assert.deepEqual([parent.usage, rootMemCgroup().usage], [128 * KIB, MIB + 384 * KIB]);
  });
}

/** What the reviewer misses: the charge goes along with the buffer. */
async function transfer(): Promise<void> {
  await quietly(async () => {
    const [creator, receiver] = [new MemCgroup('creator'), new MemCgroup('receiver', { max: MIB })];
    const { user } = systemHeap(ACCOUNT, { memcg: creator });
    const bufferOf = (fd: number): SystemHeapBuffer => user.bufferOf(fd).priv as SystemHeapBuffer;
    const [large, small] = [await user.alloc(2 * MIB), await user.alloc(MIB)];
    assert.equal(await bufferOf(large).transfer(receiver), -ENOMEM);
    assert.deepEqual([creator.usage, receiver.usage], [3 * MIB, 0]);
    assert.equal(await bufferOf(small).transfer(receiver), 0);
    assert.deepEqual([creator.usage, receiver.usage], [2 * MIB, MIB]);
    await user.process.close(small);
    await flushDelayedFput();
    assert.deepEqual([creator.usage, receiver.usage], [2 * MIB, 0]);
  });
}

async function wrongPayer(): Promise<void> {
  await quietly(async () => {
    const [server, client] = [new MemCgroup('server'), new MemCgroup('client', { max: MIB })];
    const { user } = systemHeap(ACCOUNT, { memcg: server });
    const receiver = new HeapUser('client', { memcg: client });
    const fd = await user.alloc(4 * MIB);
    const dmabuf = user.bufferOf(fd);
    // The limit of the client does not hold: it never allocated anything.
    const received = receiver.process.files.receive(dmabuf.file);
    assert.deepEqual([server.usage, client.usage], [4 * MIB, 0]);
    await user.process.exit();
    await flushDelayedFput();
    assert.deepEqual([server.usage, client.usage, dmabuf.released], [4 * MIB, 0, false]);
    await receiver.process.close(received);
    await flushDelayedFput();
    assert.deepEqual([server.usage, dmabuf.released], [0, true]);
  });
}

/** The creator gave its buffer away, and is short of memory that somebody else has. */
async function pastUse(): Promise<void> {
  await quietly(async () => {
    const memcg = new MemCgroup('creator', { max: 10 * MIB });
    const { user } = systemHeap(ACCOUNT, { memcg });
    const receiver = new HeapUser('receiver');
    const fd = await user.alloc(8 * MIB);
    const received = receiver.process.files.receive(user.bufferOf(fd).file);
    await user.process.close(fd);
    assert.equal(await user.alloc(4 * MIB), -ENOMEM);
    await receiver.process.close(received);
    await flushDelayedFput();
    assert.ok((await user.alloc(4 * MIB)) > 0);
  });
}

/** A service allocates for a client, who pays. @returns what service and client are charged, and what is left at the end */
async function chargeSomebodyElse(chargeOnce: boolean): Promise<readonly number[]> {
  const usages: number[] = [];
  await quietly(async () => {
    const [server, client] = [new MemCgroup('server'), new MemCgroup('client', { max: 2 * MIB })];
    const { user } = systemHeap({ ...ACCOUNT, chargePidFd: true, fixes: { chargeOnce } }, { memcg: server });
    const chargePidFd = user.process.files.receive(pidfdOpen(new Process('client', { memcg: client })));
    assert.equal(await user.alloc(MIB, { chargePidFd: user.heapFd + 77 }), -EBADF);
    assert.equal(await user.alloc(4 * MIB, { chargePidFd }), -ENOMEM);
    const fd = await user.alloc(2 * MIB, { chargePidFd });
    usages.push(server.usage, client.usage);
    await user.process.close(fd);
    await flushDelayedFput();
    usages.push(server.usage, client.usage);
  });
  return usages;
}

async function zombie(): Promise<void> {
  await quietly(async () => {
    const top = new MemCgroup('top');
    const creator = new MemCgroup('creator', { parent: top });
    const { user } = systemHeap(ACCOUNT, { memcg: creator });
    const holder = new HeapUser('holder', { memcg: new MemCgroup('holder', { parent: top }) });
    const held = holder.process.files.receive(user.bufferOf(await user.alloc(2 * MIB)).file);
    await user.process.exit();
    assert.equal(creator.rmdir(), 0);
    assert.deepEqual([creator.isZombie, top.zombies, top.zombieBytes, top.usage], [true, 1, 2 * MIB, 2 * MIB]);
    await holder.process.close(held);
    await flushDelayedFput();
    assert.deepEqual([creator.freed, top.zombies, top.zombieBytes, top.usage], [true, 0, 0, 0]);
  });
}

/** Charges for 1 MiB with the parameter not given, off, and on. */
async function accounting(accountOptIn: boolean): Promise<readonly number[]> {
  const usages: number[] = [];
  for (const options of [{}, { memAccounting: false }, ACCOUNT]) {
    await quietly(async () => {
      const memcg = new MemCgroup('app');
      const { heap, user } = systemHeap({ ...options, fixes: { accountOptIn } }, { memcg });
      assert.equal(heap.memAccounting.store(true), -EACCES);
      await user.alloc(MIB);
      usages.push(memcg.usage);
    });
  }
  return usages;
}

export const DMA_HEAP_CASES: readonly KernelCase[] = [
  { id: 'HEAP-01', title: 'test_alloc_and_import', fixed: allocAndUse },
  { id: 'HEAP-02', title: 'test_alloc_zeroed', fixed: allocZeroed },
  { id: 'HEAP-03', title: 'test_alloc_compat older', fixed: () => compat(16) },
  { id: 'HEAP-04', title: 'test_alloc_compat newer', fixed: () => compat(40) },
  { id: 'HEAP-05', title: 'test_alloc_errors', fixed: allocErrors },
  { id: 'HEAP-10', title: 'order_vectors', fixed: orderVectors },
  { id: 'HEAP-LEN', title: 'lengths, descriptors and commands that are refused', fixed: lengths },
  { id: 'HEAP-TRY', title: 'a size that was not to be had is not tried again', fixed: noSecondTry },
  {
    id: 'MEM-01',
    title: 'limit_enforced',
    fixed: () => limit(ACCOUNT, -ENOMEM, 8 * MIB),
    before: () => limit({ ...ACCOUNT, fixes: { heapAccount: false } }, 0, 0),
  },
  { id: 'MEM-UNDO', title: 'an allocation that fails anywhere gives everything back', fixed: rollback },
  { id: 'MEM-FALL', title: 'a charge that fails is an allocation that fails', fixed: chargeFallsBack },
  { id: 'MEM-03', title: 'wrong_payer', fixed: wrongPayer },
  { id: 'MEM-PAST', title: 'a creator is short of memory it gave away', fixed: pastUse },
  { id: 'MEM-ZOMB', title: 'zombie_memcg', fixed: zombie },
  {
    id: 'MEM-PID',
    title: 'charge_pid_fd: the client pays, once',
    fixed: async () => assert.deepEqual(await chargeSomebodyElse(true), [0, 2 * MIB, 0, 0]),
    before: async () => assert.deepEqual(await chargeSomebodyElse(false), [2 * MIB, 2 * MIB, 2 * MIB, 0]),
  },
  { id: 'MEM-GIVE', title: 'the charge goes along with the buffer', fixed: transfer },
  {
    id: 'MEM-05',
    title: 'mem_accounting_param',
    fixed: async () => assert.deepEqual(await accounting(true), [0, 0, MIB]),
    before: async () => assert.deepEqual(await accounting(false), [MIB, MIB, MIB]),
  },
];
