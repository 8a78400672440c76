import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LibraryStage, latest, previous, turn } from './library-stage.ts';

interface Pending {
  readonly promise: Promise<object>;
  abort(): void;
}

interface Pool {
  acquire(): Pending;
  release(resource: object): void;
}

interface Mutex {
  acquire(): Promise<() => void>;
  cancel(): void;
}

let stage: LibraryStage;

beforeEach(() => {
  stage = new LibraryStage();
});

afterEach(() => stage[Symbol.dispose]());

/** Waits like this one are told of by their timeout, or not before a restart. */
const LONG = 120_000;

describe.each([
  ['tarn 3', latest],
  ['tarn 2', previous],
])('%s', (_name, load) => {
  function makePool(max: number, acquireTimeoutMillis: number): Pool {
    const { Pool } = load('tarn') as { Pool: new (options: object) => Pool };
    return new Pool({ create: async () => ({}), destroy: () => undefined, min: 0, max, acquireTimeoutMillis });
  }

  /** Takes one resource inside of another. @returns what gives up */
  async function nested(pool: Pool): Promise<() => Promise<void>> {
    const outer = await pool.acquire().promise;
    const inner = pool.acquire();
    const ended = (async () => {
      await inner.promise;
    })().catch(() => undefined);
    return async () => {
      inner.abort();
      await ended;
      pool.release(outer);
    };
  }

  test('a holder that asks again stands until a long timeout of its own choice', async () => {
    const giveUp = await nested(makePool(1, LONG));
    expect(await stage.found()).toEqual(['DEPT002 warning pool']);
    expect(stage.installation.findings[0]?.message).toMatch(
      / waits until a timeout ends it: it asks for pool again while it holds it\.$/,
    );
    await giveUp();
  });

  test('that is told once, however often it comes to it', async () => {
    const pool = makePool(1, LONG);
    for (let round = 0; round < 3; round++) {
      const giveUp = await nested(pool);
      expect(await stage.found()).toEqual(['DEPT002 warning pool']);
      await giveUp();
    }
  });

  test('nothing is said while another holder runs', async () => {
    const pool = makePool(2, LONG);
    let end: () => void = () => undefined;
    const isOver = new Promise<void>((resolve) => {
      end = resolve;
    });
    const busy = (async () => {
      const resource = await pool.acquire().promise;
      await isOver;
      pool.release(resource);
    })();
    const giveUp = await nested(pool);
    expect(await stage.found()).toEqual([]);
    await giveUp();
    end();
    await busy;
  });

  test('a short timeout tells by itself', async () => {
    const giveUp = await nested(makePool(1, 5000));
    expect(await stage.found()).toEqual([]);
    await giveUp();
  });

  test('a default that nobody chose excuses nothing', async () => {
    const giveUp = await nested(makePool(1, 30_000));
    expect(await stage.found()).toEqual(['DEPT002 error pool']);
    await giveUp();
  });
});

describe('two mutexes in two orders', () => {
  /** Two tasks, each with what the other one needs; the second takes its own through `patient`. */
  async function meet(timeoutMs: number | null): Promise<() => Promise<void>> {
    // Not before the installation: it replaces what the module exports.
    const { Mutex, withTimeout } = latest('async-mutex') as {
      Mutex: new () => Mutex;
      withTimeout: (mutex: Mutex, timeoutMs: number) => Mutex;
    };
    const [stock, ledger] = [new Mutex(), new Mutex()];
    const patient = timeoutMs === null ? stock : withTimeout(stock, timeoutMs);
    const order = async (): Promise<void> => {
      const give = await stock.acquire();
      (await ledger.acquire())();
      give();
    };
    const refund = async (): Promise<void> => {
      const give = await ledger.acquire();
      (await patient.acquire())();
      give();
    };
    const both = Promise.allSettled([order(), refund()]);
    return async () => {
      for (const mutex of [stock, ledger]) mutex.cancel();
      await Promise.race([both, turn()]);
    };
  }

  test.each([
    ['until a long timeout ends it', LONG, ['DEPT002 warning ledger stock']],
    ['for ever', null, ['DEPT002 error ledger stock']],
    ['not where the timeout is short', 1000, []],
  ])('stand %s', async (_name, timeoutMs, expected) => {
    const giveUp = await meet(timeoutMs);
    expect(await stage.found()).toEqual(expected);
    await giveUp();
  });
});
