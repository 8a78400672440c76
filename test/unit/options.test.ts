import { describe, expect, test } from 'vitest';
import { context, ldt, sdt, shared, withTracker } from '../../src/index.ts';
import { Barrier, Completion, Mutex, RwLock, Semaphore } from '../../src/sync/user/index.ts';

type Call = (options: never) => unknown;

const stock = new Mutex({ name: 'stock', timeoutMs: 5 });
const map = ldt.map('index');
const event = sdt.map('flushed');

describe('an option that is not there is refused, in words that name the call and what was meant', () => {
  test.each<[string, Call, object, string]>([
    ['Mutex', (given) => new Mutex(given), { nmae: 'a' }, 'new Mutex(): there is no option nmae; did you mean name?'],
    [
      'RwLock',
      (given) => new RwLock(given),
      { timeout: 1 },
      'new RwLock(): there is no option timeout; did you mean timeoutMs?',
    ],
    [
      'Semaphore',
      (given) => new Semaphore(1, given),
      { subclas: 1 },
      'new Semaphore(): there is no option subclas; did you mean subclass?',
    ],
    [
      'Completion',
      (given) => new Completion(given),
      { of: 1 },
      'new Completion(): there is no option of; there are name, label, subclass and site.',
    ],
    [
      'Barrier',
      (given) => new Barrier(2, given),
      { lable: '' },
      'new Barrier(): there is no option lable; did you mean label?',
    ],
    [
      'lock',
      (given) => stock.lock(given),
      { timeuotMs: 1 },
      'lock of stock: there is no option timeuotMs; did you mean timeoutMs?',
    ],
    [
      'lock',
      (given) => stock.lock(given),
      { permits: 2 },
      'lock of stock: there is no option permits; there are timeoutMs and signal.',
    ],
    [
      'acquire',
      (given) => new Semaphore(1, { name: 'pool' }).acquire(given),
      { permit: 1 },
      'acquire of pool: there is no option permit; did you mean permits?',
    ],
    [
      'wait',
      (given) => new Completion({ name: 'up' }).wait(given),
      { ms: 1 },
      'wait of up: there is no option ms; there are timeoutMs and signal.',
    ],
    [
      'ldt.rlock',
      (given) => ldt.rlock(map, given),
      { queud: false },
      'ldt.rlock() of index: there is no option queud; did you mean queued?',
    ],
    [
      'ldt.lock',
      (given) => ldt.lock(map, given),
      { queued: false },
      'ldt.lock() of index: there is no option queued; there are nest, under, timeoutMs and trylock.',
    ],
    [
      'ldt.acquire',
      (given) => ldt.acquire(map, async () => 1, given),
      { neste: 1 },
      'ldt.acquire() of index: there is no option neste; did you mean nest?',
    ],
    [
      'sdt.sleep',
      (given) => sdt.sleep(event, Promise.resolve(), given),
      { timeout: 1 },
      'sdt.sleep() of flushed: there is no option timeout; did you mean timeoutMs?',
    ],
  ])('%s %#', (_name, call, options, message) => {
    expect(() => call(options as never)).toThrow(expect.objectContaining({ code: 'ERR_DEPT_BAD_OPTION', message }));
  });

  test.each<[string, Call, object]>([
    ['ldt.map', (given) => ldt.map('a', given), { lable: 'b' }],
    ['sdt.map', (given) => sdt.map('a', given), { nest: 1 }],
    ['shared.factory', (given) => shared.factory(async () => 1, given), { nmae: 'a' }],
    ['shared.promise', (given) => shared.promise(Promise.resolve(1), given), { nmae: 'a' }],
  ])('%s', (_name, call, options) => {
    const expected = { code: 'ERR_DEPT_BAD_MAP', message: expect.stringContaining('there is no option ') };
    expect(() => call(options as never)).toThrow(expect.objectContaining(expected));
  });

  test('withTracker', async () => {
    const message = 'withTracker(): there is no option ruels; did you mean rules?';
    await expect(withTracker(() => 1, { ruels: 'dept' } as object)).rejects.toMatchObject({ message });
    await expect(withTracker({} as never)).rejects.toMatchObject({ code: 'ERR_DEPT_BAD_OPTION' });
  });
});

describe('a value that is none is refused', () => {
  test.each<[Call, unknown, string]>([
    [
      (given) => new Mutex(given),
      'stock',
      'new Mutex(): the options are "stock"; they must be an object with name, label, subclass, site, timeoutMs or signal.',
    ],
    [(given) => new Mutex(given), { name: 3 }, 'new Mutex(): name is 3; it must be a string.'],
    [
      (given) => new Mutex(given),
      { subclass: 8 },
      'new Mutex(): subclass is 8; it must be a whole number from 0 to 7.',
    ],
    [
      (given) => stock.lock(given),
      500,
      'lock of stock: the options are 500; they must be an object with timeoutMs or signal.',
    ],
    [
      (given) => stock.lock(given),
      { timeoutMs: '3' },
      'lock of stock: timeoutMs is "3"; it must be 0 or more milliseconds.',
    ],
    [
      (given) => stock.lock(given),
      { timeoutMs: -1 },
      'lock of stock: timeoutMs is -1; it must be 0 or more milliseconds.',
    ],
    [(given) => stock.lock(given), { signal: {} }, 'lock of stock: signal is an object; it must be an AbortSignal.'],
    [
      (given) => context(given, () => 1),
      undefined,
      'context() was given undefined and the function (no name); it needs a name and a function.',
    ],
  ])('%#', (call, given, message) => {
    expect(() => call(given as never)).toThrow(expect.objectContaining({ code: 'ERR_DEPT_BAD_OPTION', message }));
  });

  test.each<[Call, string]>([
    [(given) => ldt.lock(given), 'ldt.lock(): the map is "index"; it must be what ldt.map(name) gives.'],
    [
      (given) => ldt.acquire(given, async () => 1),
      'ldt.acquire(): the map is "index"; it must be what ldt.map(name) gives.',
    ],
    [(given) => sdt.event(given), 'sdt.event(): the map is "index"; it must be what sdt.map(name) gives.'],
  ])('where a map is needed %#', (call, message) => {
    expect(() => call('index' as never)).toThrow(expect.objectContaining({ code: 'ERR_DEPT_BAD_MAP', message }));
  });
});

test('an option that is undefined was not given', async () => {
  using _held = await stock.lock();
  const waiting = stock.lock({ timeoutMs: undefined } as object);
  await expect(waiting).rejects.toMatchObject({ code: 'ERR_DEPT_TIMEOUT' });
  expect(stock.waiting).toBe(0);
});
