import type { Mutex } from 'async-mutex';
import { expect, test } from 'vitest';
import { LibraryStage, turn } from './library-stage.ts';

async function both(first: Mutex, second: Mutex): Promise<void> {
  const releaseFirst = await first.acquire();
  await turn();
  const releaseSecond = await second.acquire();
  releaseSecond();
  releaseFirst();
}

type Pair = readonly [first: number, second: number];

// The first use of 0 and 2 is as `first`, that of 1 and 3 as `second`.
const ORDERED: readonly Pair[] = [
  [0, 1],
  [2, 3],
  [1, 2],
  [0, 3],
  [1, 3],
  [0, 2],
];

test.each<readonly [string, readonly Pair[], readonly string[]]>([
  ['in one order', ORDERED, []],
  ['in one order, again and again', [...ORDERED, ...ORDERED, ...ORDERED], []],
  ['of which one pair is turned round', [...ORDERED, [2, 0]], ['DEPT001 error first first']],
  [
    'of which the first pair was turned round before it was known',
    [
      [0, 1],
      [1, 0],
    ],
    ['DEPT001 error first second'],
  ],
  [
    'of which one pair of several was turned round before it was known',
    [
      [0, 1],
      [2, 3],
      [0, 3],
      [3, 0],
    ],
    ['DEPT001 error first second'],
  ],
  [
    'round a ring',
    [
      [0, 1],
      [1, 2],
      [2, 0],
    ],
    ['DEPT001 error first second second'],
  ],
])('locks of an array that are taken %s', async (_name, pairs, found) => {
  using stage = new LibraryStage();
  const { Mutex } = await import('async-mutex');
  const locks = Array.from({ length: 4 }, () => new Mutex());
  for (const [first, second] of pairs) await both(locks[first] as Mutex, locks[second] as Mutex);
  expect(await stage.found()).toEqual(found);
});

test('two locks of two kinds that are taken at places of their own in both orders', async () => {
  using stage = new LibraryStage();
  const { Mutex } = await import('async-mutex');
  const user = [new Mutex(), new Mutex()] as const;
  const order = [new Mutex(), new Mutex()] as const;
  const place = (at: 0 | 1): Promise<void> => user[at].runExclusive(async () => order[at].runExclusive(turn));
  const cancel = (of: 0 | 1, by: 0 | 1): Promise<void> =>
    order[of].runExclusive(async () => user[by].runExclusive(turn));
  await place(0);
  await place(1);
  await cancel(1, 0);
  expect(await stage.found()).toEqual([expect.stringMatching(/^DEPT001 error /)]);
});

class Stock {
  readonly #lock: Mutex;
  ledger: Ledger | null = null;

  constructor(lock: Mutex) {
    this.#lock = lock;
  }

  async sell(): Promise<void> {
    await this.#lock.runExclusive(async () => this.ledger?.book());
  }

  async count(): Promise<void> {
    await this.#lock.runExclusive(turn);
  }
}

class Ledger {
  readonly #lock: Mutex;
  readonly #stock: Stock;

  constructor(lock: Mutex, stock: Stock) {
    this.#lock = lock;
    this.#stock = stock;
  }

  async book(): Promise<void> {
    await this.#lock.runExclusive(turn);
  }

  async close(): Promise<void> {
    await this.#lock.runExclusive(async () => this.#stock.count());
  }
}

test('locks in fields are told apart by the classes that have them', async () => {
  using stage = new LibraryStage();
  const { Mutex } = await import('async-mutex');
  const stock = new Stock(new Mutex());
  const ledger = new Ledger(new Mutex(), stock);
  stock.ledger = ledger;
  await stock.sell();
  await ledger.close();
  expect(await stage.found()).toEqual(['DEPT001 error Ledger.#lock Stock.#lock']);
});
