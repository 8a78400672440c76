import { expect, test } from 'vitest';
import { LibraryStage, turn } from './library-stage.ts';

interface Count {
  acquire(): Promise<unknown>;
  release(): void;
}

/** A buffer of Dijkstra's: who has put an item into it gives a permit that who takes the item has not had, and the other way round. */
async function fillAndEmpty(items: Count, room: Count, rounds: number): Promise<readonly number[]> {
  const { Mutex } = await import('async-mutex');
  const lock = new Mutex();
  const [buffer, taken]: [number[], number[]] = [[], []];
  const fill = async (): Promise<void> => {
    for (let item = 0; item < rounds; item++) {
      await room.acquire();
      await lock.runExclusive(() => buffer.push(item));
      items.release();
      await turn();
    }
  };
  const empty = async (): Promise<void> => {
    for (let round = 0; round < rounds; round++) {
      await items.acquire();
      await lock.runExclusive(() => taken.push(buffer.shift() ?? -1));
      room.release();
    }
  };
  await Promise.all([empty(), fill()]);
  return taken;
}

const COUNTS: readonly (readonly [name: string, make: () => Promise<(permits: number) => Count>])[] = [
  [
    'async-mutex',
    async () =>
      await import('async-mutex').then(
        ({ Semaphore }) =>
          (permits) =>
            new Semaphore(permits),
      ),
  ],
  [
    'async-sema',
    async () =>
      await import('async-sema').then(
        ({ Sema }) =>
          (permits) =>
            new Sema(permits),
      ),
  ],
];

test.each(COUNTS)(
  'a semaphore of %s that counts what is produced is not owed by who consumes it',
  async (_name, make) => {
    using stage = new LibraryStage();
    const count = await make();
    expect(await fillAndEmpty(count(0), count(2), 6)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await stage.found()).toEqual([]);
  },
);

test('one that was only made larger is a pool as before', async () => {
  using stage = new LibraryStage();
  const { Semaphore } = await import('async-mutex');
  const copies = new Semaphore(1);
  copies.setValue(3);
  const copyTwice = async (): Promise<void> => {
    const first = await copies.acquire();
    const second = await copies.acquire();
    second[1]();
    first[1]();
  };
  await copyTwice();
  expect(await stage.found()).toEqual(['DEPT001 error copies']);
});

test.each(COUNTS)(
  'who waits for the next one of what a semaphore of %s counts is in no deadlock',
  async (_name, make) => {
    using stage = new LibraryStage();
    const items = (await make())(0);
    const taken: number[] = [];
    const takes = async (): Promise<void> => {
      for (let item = 0; item < 2; item++) {
        await items.acquire();
        taken.push(item);
      }
    };
    const taking = takes();
    items.release();
    expect(await stage.found()).toEqual([]);
    expect(taken).toEqual([0]);
    items.release();
    await taking;
    expect(taken).toEqual([0, 1]);
  },
);
