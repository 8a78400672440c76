import { scheduler, setImmediate, setInterval, setTimeout } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { withTracker } from '../../../../instrument/with-tracker.ts';
import { Mutex } from '../../../../src/sync/user/mutex.ts';
import { told } from '../libraries/told.ts';

type Attribution = 'precise' | 'dynamic' | 'light';

/** Ways to let time pass. */
const PAUSES: Readonly<Record<string, () => Promise<unknown>>> = {
  setTimeout: () => setTimeout(1),
  setImmediate: () => setImmediate(),
  'scheduler.wait': () => scheduler.wait(1),
  'scheduler.yield': () => scheduler.yield(),
  'for await of setInterval': async () => {
    let ticks = 0;
    for await (const _ of setInterval(1)) if (++ticks === 2) break;
  },
};

async function found(program: () => Promise<unknown>, attribution: Attribution) {
  const { findings, settled, openWaits } = await withTracker(program, { confirmAfterMs: 20, attribution });
  return { codes: told(findings), settled, openWaits };
}

describe.each(Object.entries(PAUSES))('%s of node:timers/promises', (_name, pause) => {
  /** Takes `first`, lets time pass, takes `second` and gives both back. */
  const both = async (first: Mutex, second: Mutex): Promise<void> => {
    const outer = await first.lock();
    await pause();
    const inner = await second.lock();
    await pause();
    inner.release();
    outer.release();
  };

  test.each(['precise', 'dynamic'] as const)('keeps what is held before it (%s)', async (attribution) => {
    const program = async (): Promise<void> => {
      const [ledger, stock] = [new Mutex({ name: 'ledger' }), new Mutex({ name: 'stock' })];
      await both(ledger, stock);
      await both(stock, ledger);
    };
    expect((await found(program, attribution)).codes).toEqual(['DEPT001 error ledger stock']);
  });

  test('keeps it, too, for a deadlock', async () => {
    const program = async (): Promise<void> => {
      const [ledger, stock] = [new Mutex({ name: 'ledger' }), new Mutex({ name: 'stock' })];
      await Promise.all([both(ledger, stock), both(stock, ledger)]);
    };
    const { codes, settled, openWaits } = await found(program, 'precise');
    expect(settled).toBe(false);
    expect(codes).toEqual(['DEPT002 error ledger stock']);
    expect(openWaits.length).toBe(2);
  });

  test.each(['precise', 'dynamic', 'light'] as const)('is nothing that others wait for (%s)', async (attribution) => {
    const program = async (): Promise<void> => {
      const [ledger, stock] = [new Mutex({ name: 'ledger' }), new Mutex({ name: 'stock' })];
      const inTurn = async (first: Mutex, second: Mutex): Promise<void> => {
        await first.runExclusive(pause);
        await pause();
        await second.runExclusive(pause);
      };
      await Promise.all([inTurn(ledger, stock), inTurn(stock, ledger), both(ledger, stock), inTurn(stock, ledger)]);
      await ledger.runExclusive(() => Promise.all([pause(), pause()]));
    };
    const { codes, settled, openWaits } = await found(program, attribution);
    expect(settled).toBe(true);
    expect(codes).toEqual([]);
    expect(openWaits).toEqual([]);
  });
});

describe('each round of setInterval', () => {
  test('has what was waited for in the rounds before behind it, while something is held', async () => {
    const program = async (): Promise<void> => {
      const [ledger, stock] = [new Mutex({ name: 'ledger' }), new Mutex({ name: 'stock' })];
      await stock.runExclusive(() => ledger.runExclusive(() => setImmediate()));
      const held = await ledger.lock();
      let ticks = 0;
      for await (const _ of setInterval(1)) {
        if (++ticks === 3) break;
        await stock.runExclusive(() => setImmediate());
      }
      held.release();
    };
    expect((await found(program, 'precise')).codes).toEqual(['DEPT001 error ledger stock']);
  });

  test('begins anew where nothing is held', async () => {
    const program = async (): Promise<void> => {
      const [ledger, stock] = [new Mutex({ name: 'ledger' }), new Mutex({ name: 'stock' })];
      let ticks = 0;
      for await (const _ of setInterval(1)) {
        if (++ticks === 4) break;
        await (ticks % 2 === 0 ? stock : ledger).runExclusive(() => setImmediate());
      }
    };
    for (const attribution of ['precise', 'dynamic', 'light'] as const) {
      expect((await found(program, attribution)).codes).toEqual([]);
    }
  });
});

test('what comes after a timer that was aborted has behind it what came before', async () => {
  const program = async (): Promise<void> => {
    const [ledger, stock] = [new Mutex({ name: 'ledger' }), new Mutex({ name: 'stock' })];
    const abort = new AbortController();
    await stock.runExclusive(() => ledger.runExclusive(() => setImmediate()));
    await ledger.runExclusive(async () => {
      const sleep = setTimeout(60_000, null, { signal: abort.signal }).catch(() =>
        stock.runExclusive(() => setImmediate()),
      );
      abort.abort();
      await sleep;
    });
  };
  expect((await found(program, 'precise')).codes).toEqual(['DEPT001 error ledger stock']);
});
