import { expect, test } from 'vitest';
import { LibraryStage, turn } from './library-stage.ts';

test('who lets another one go on does not give him what he has himself', async () => {
  using stage = new LibraryStage();
  const { Sema } = await import('async-sema');
  const permits = new Sema(2);
  let give = (): void => undefined;
  const sign = new Promise<void>((resolve) => {
    give = resolve;
  });
  const one = async (): Promise<void> => {
    await permits.acquire();
    await turn();
    give();
    await turn();
    permits.release();
    await turn();
    await permits.acquire();
    permits.release();
  };
  const other = async (): Promise<void> => {
    await permits.acquire();
    await sign;
    permits.release();
    await turn();
    await permits.acquire();
    permits.release();
  };
  await Promise.all([one(), other()]);
  expect(await stage.found()).toEqual([]);
});

/** A fork that dept does not know. */
class Fork {
  #isTaken = false;
  readonly #waiting: (() => void)[] = [];

  async take(): Promise<void> {
    if (this.#isTaken) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#isTaken = true;
  }

  layDown(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#isTaken = false;
    else next();
  }
}

test('who waits for one that sits at the table already does not wait for a seat', async () => {
  using stage = new LibraryStage();
  const { Sema } = await import('async-sema');
  const seats = new Sema(2);
  const forks = [new Fork(), new Fork(), new Fork()];
  const dine = async (place: number): Promise<void> => {
    const [left, right] = [forks[place], forks[(place + 1) % forks.length]];
    for (let meal = 0; meal < 3; meal++) {
      await seats.acquire();
      await left?.take();
      await turn();
      await right?.take();
      await turn();
      right?.layDown();
      left?.layDown();
      seats.release();
    }
  };
  await Promise.all(forks.map((_fork, place) => dine(place)));
  expect(await stage.found()).toEqual([]);
});

test('who waits for one that he has sent for a seat waits for a seat', async () => {
  using stage = new LibraryStage();
  const { Sema } = await import('async-sema');
  const seats = new Sema(2);
  const child = async (): Promise<void> => {
    await seats.acquire();
    await turn();
    seats.release();
  };
  await seats.acquire();
  await turn();
  await child();
  seats.release();
  expect(await stage.found()).toEqual(['DEPT001 error seats']);
});

test.each([
  [3, 0],
  [4, 1],
] as const)('two pools of two in both orders, and %i at a time who take them', async (most, found) => {
  using stage = new LibraryStage();
  const { default: pLimit } = await import('p-limit');
  const [enter, A, B] = [pLimit(most), pLimit(2), pLimit(2)];
  const both = (first: typeof A, second: typeof A): Promise<unknown> =>
    enter(() => first(async () => await second(async () => await turn())));
  for (let round = 0; round < 2; round++) await Promise.all([both(A, B), turn()]);
  await both(B, A);
  expect(await stage.found()).toHaveLength(found);
});
