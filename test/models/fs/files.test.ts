import { describe, expect, test } from 'vitest';
import { EPOLLIN, EPOLLOUT } from '../../../src/models/fs/epoll.ts';
import { flushDelayedFput, KernelFile } from '../../../src/models/fs/file.ts';
import { PollQueue } from '../../../src/models/fs/poll.ts';
import { current, fatalSignalPending, Process } from '../../../src/models/process.ts';
import { EBADF, EINVAL, EMFILE, ENODEV, ENOTTY, ERESTARTSYS, ESPIPE } from '../../../src/sync/errno.ts';
import { WaitQueueHead } from '../../../src/sync/wait-queue.ts';
import { inKernel } from '../stage.ts';

function plainFile(): KernelFile {
  return new KernelFile({ name: 'file', ops: {} });
}

describe('descriptors', () => {
  test('are the lowest free ones, up to the limit', async () => {
    await inKernel(async () => {
      const { files } = new Process('app', { maxFiles: 2 });
      expect([files.receive(plainFile()), files.receive(plainFile()), files.receive(plainFile())]).toEqual([
        0,
        1,
        -EMFILE,
      ]);
      await files.close(0);
      expect(files.receive(plainFile())).toBe(0);
    });
  });

  test('that are reserved are not open', async () => {
    await inKernel(async () => {
      const { files } = new Process('app');
      const fd = files.getUnusedFd();
      expect([files.open, files.get(fd), await files.close(fd)]).toEqual([[fd], null, -EBADF]);
      files.putUnusedFd(fd);
      expect(files.open).toEqual([]);
    });
  });

  test('are reserved before a file is installed, and given back only when none was', async () => {
    const { messages } = await inKernel(() => {
      const { files } = new Process('app');
      files.install(0, plainFile());
      files.putUnusedFd(0);
      expect(files.open).toEqual([0]);
    });
    expect(messages('warn')).toEqual([
      expect.stringContaining('fd_install(0)'),
      expect.stringContaining('put_unused_fd(0)'),
    ]);
  });
});

describe('a file', () => {
  test('without operations answers as the kernel does', async () => {
    await inKernel(async () => {
      const process = new Process('app');
      const fd = process.files.receive(plainFile());
      expect(await process.read(fd, new Uint8Array(1))).toBe(-EINVAL);
      expect(await process.ioctl(fd, 'FIONREAD')).toBe(-ENOTTY);
      expect(await process.mmap(fd, 4096)).toBe(-ENODEV);
      expect(process.files.get(fd)?.llseek(0, 'SEEK_SET')).toBe(-ESPIPE);
      expect(await process.poll(fd, EPOLLIN | EPOLLOUT)).toBe(EPOLLIN | EPOLLOUT);
      for (const result of [process.read(9, new Uint8Array(1)), process.mmap(9, 1), process.poll(9, EPOLLIN)]) {
        expect(await result).toBe(-EBADF);
      }
      expect([await process.mmap(fd, 0), await process.mmap(fd, 4096, 1)]).toEqual([-EINVAL, -EINVAL]);
      expect(process.files.get(fd)?.references).toBe(4);
    });
  });

  test('is released once, after the last reference, and somebody can wait for that', async () => {
    await inKernel(async (world) => {
      const released: string[] = [];
      const file = new KernelFile({
        name: 'file',
        ops: { release: () => world.sleep(5).then(() => void released.push('slow')) },
      });
      await file.get().put();
      await file.put();
      expect(released).toEqual([]);
      await flushDelayedFput();
      expect([released, world.now()]).toEqual([['slow'], 5]);
    });
  });

  test('is kept by a system call that sleeps in it', async () => {
    await inKernel(async (world) => {
      const process = new Process('app');
      const file = new KernelFile({ name: 'file', ops: { read: () => world.sleep(10).then(() => 1) } });
      const fd = process.files.receive(file);
      await file.put();
      let got = 0;
      world.task('reader', async () => {
        got = await process.read(fd, new Uint8Array(1));
      });
      await world.sleep(1);
      await process.close(fd);
      expect(file.references).toBe(1);
      await world.sleep(20);
      expect([got, file.references]).toEqual([1, 0]);
    });
  });
});

test('a wake-up between the look and the sleep of a poller is not lost', async () => {
  await inKernel(async (world) => {
    const queue = new PollQueue('queue');
    let events = 0;
    const ops = {
      pollQueue: () => queue,
      poll: async () => {
        const seen = events;
        events = EPOLLIN;
        queue.wake();
        await world.yield();
        return seen;
      },
    };
    const process = new Process('app');
    expect(await process.poll(process.files.receive(new KernelFile({ name: 'file', ops })), EPOLLIN)).toBe(EPOLLIN);
  });
});

describe('a process', () => {
  test('is current for the thread that runs as it, and for no other', async () => {
    await inKernel(async (world) => {
      const [one, two] = [new Process('one'), new Process('two')];
      const seen: string[] = [];
      for (const process of [one, two]) {
        world.task(process.name, () =>
          process.run(async () => {
            await world.yield();
            seen.push(current().name);
            await two.run(() => seen.push(current().name));
            seen.push(current().name);
          }),
        );
      }
      await world.sleep(1);
      expect(seen).toEqual(['one', 'two', 'one', 'two', 'two', 'two']);
      expect([current().name, fatalSignalPending()]).toEqual(['init', false]);
    });
  });

  test('that is killed interrupts the threads that run as it, and no others', async () => {
    await inKernel(async (world) => {
      const process = new Process('app');
      const results: Record<string, number> = {};
      const sleep = async (name: string): Promise<void> => {
        results[name] = await new WaitQueueHead({ name }).waitEventInterruptible(() => world.now() > 5);
      };
      world.task('nested', () => process.run(() => process.run(() => undefined).then(() => sleep('nested'))));
      const past = world.task('past', () => process.run(() => undefined).then(() => sleep('past')));
      await world.sleep(1);
      process.kill();
      await world.sleep(1);
      expect(results).toEqual({ nested: -ERESTARTSYS });
      past.interrupt();
    });
  });

  test('that is killed leaves what it sleeps in', async () => {
    await inKernel(async (world) => {
      const process = new Process('app');
      let result = 0;
      world.task('app', () =>
        process.run(async () => {
          result = await new WaitQueueHead({ name: 'queue' }).waitEventInterruptible(() => false);
          expect(fatalSignalPending()).toBe(true);
        }),
      );
      await world.sleep(1);
      process.kill();
      await world.sleep(1);
      expect([result, process.killed, process.exited]).toEqual([-ERESTARTSYS, true, false]);
    });
  });
});
