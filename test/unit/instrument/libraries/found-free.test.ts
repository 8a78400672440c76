import type { Mutex } from 'async-mutex';
import { expect, test } from 'vitest';
import { LibraryStage, turn } from './library-stage.ts';

type Look = (lock: Mutex) => boolean | Promise<boolean>;

/** Takes the second one under the first when it looks free, and goes away when it does not. */
async function both(first: Mutex, second: Mutex, isLocked: Look): Promise<boolean> {
  return first.runExclusive(async () => {
    await turn();
    const looked = isLocked(second);
    if (typeof looked === 'boolean' ? looked : await looked) return false;
    const release = await second.acquire();
    await turn();
    release();
    return true;
  });
}

test.each<readonly [string, Look, readonly string[]]>([
  ['who takes what was free a moment before', (lock) => lock.isLocked(), []],
  ['who has awaited something since he looked', async (lock) => lock.isLocked(), ['DEPT001 error stock ledger']],
  ['who does not look', () => false, ['DEPT001 error stock ledger']],
  ['who takes it whatever he was told', (lock) => lock.isLocked() && false, []],
])('%s', async (_name, look, found) => {
  using stage = new LibraryStage();
  const { Mutex } = await import('async-mutex');
  const [stock, ledger] = [new Mutex(), new Mutex()];
  const order = (): Promise<boolean> => both(stock, ledger, look);
  const refund = (): Promise<boolean> => both(ledger, stock, look);
  (await stock.acquire())();
  (await ledger.acquire())();
  expect([await order(), await refund()]).toEqual([true, true]);
  expect((await stage.found()).map((each) => each.replace('ledger stock', 'stock ledger'))).toEqual(found);
});

test('who was told no once, and waited all the same, has waited', async () => {
  using stage = new LibraryStage();
  const { Mutex } = await import('async-mutex');
  const [stock, ledger] = [new Mutex(), new Mutex()];
  (await stock.acquire())();
  const busy: boolean[] = [];
  const look: Look = (lock) => {
    busy.push(lock.isLocked());
    return false;
  };
  const other = await ledger.acquire();
  const order = both(stock, ledger, look);
  await turn();
  await turn();
  other();
  await order;
  const another = await stock.acquire();
  const refund = both(ledger, stock, look);
  await turn();
  await turn();
  another();
  await refund;
  expect(busy).toEqual([true, true]);
  expect(await stage.found()).toEqual(['DEPT001 error ledger stock']);
});
