import { afterEach, describe, expect, test } from 'vitest';
import { currentInstallation, type Installation, install } from '../../../instrument/install.ts';
import type { Shape } from '../../../instrument/shapes/shape.ts';
import { wrap } from '../../../instrument/wrap.ts';

type Resume = () => void;

/** A semaphore as somebody might write it. */
class Gate {
  readonly #waiting: Resume[] = [];
  #free: number;

  constructor(permits = 1) {
    this.#free = permits;
  }

  async enter(): Promise<void> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resume) => this.#waiting.push(resume));
  }

  tryEnter(): boolean {
    if (this.#free === 0) return false;
    this.#free--;
    return true;
  }

  get isFree(): boolean {
    return this.#free > 0;
  }

  leave(): void {
    const resume = this.#waiting.shift();
    if (resume === undefined) this.#free++;
    else resume();
  }

  enterWithCallback(callback: (error: null, leave: Resume) => void): void {
    const enter = async (): Promise<void> => {
      await this.enter();
      callback(null, () => this.leave());
    };
    void enter();
  }

  async enterForRelease(): Promise<Resume> {
    await this.enter();
    return () => this.leave();
  }

  async enterForTicket(): Promise<{ close(): void }> {
    await this.enter();
    return { close: () => this.leave() };
  }

  async run<T>(task: () => T | Promise<T>): Promise<T> {
    await this.enter();
    try {
      return await task();
    } finally {
      this.leave();
    }
  }

  async settle(): Promise<void> {
    while (this.#waiting.length > 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

let installation: Installation;

function gates(shape: Shape, permits = 1): readonly [Gate, Gate] {
  installation = install();
  const [a, b] = [new Gate(permits), new Gate(permits)];
  return [wrap(a, { name: 'a', capacity: permits, ...shape }), wrap(b, { name: 'b', capacity: permits, ...shape })];
}

function found(): readonly string[] {
  return installation.findings.map(({ code, circle }) => `${code} ${circle.map(({ to }) => to.key.name).join(' ')}`);
}

afterEach(() => currentInstallation()?.uninstall());

describe('two orders are found', () => {
  test('of a lock that is released by a method', async () => {
    const [a, b] = gates({ acquire: 'enter', release: 'leave' });
    const both = async (first: Gate, second: Gate): Promise<void> => {
      await first.enter();
      await second.enter();
      second.leave();
      first.leave();
    };
    await both(a, b);
    await both(b, a);
    expect(found()).toEqual(['DEPT001 a b']);
  });

  test('of a lock that says when it is free: it is held from the call on, and whoever finds it taken waits', async () => {
    const [a, b] = gates({ acquire: 'enter', release: 'leave', isFree: (gate) => (gate as Gate).isFree });
    const both = async (first: Gate, second: Gate): Promise<void> => {
      await first.enter();
      await second.enter();
      second.leave();
      first.leave();
    };
    const entered = a.enter();
    const second = a.enter();
    expect(installation.waitsFor.open).toHaveLength(1);
    await entered;
    a.leave();
    await second;
    a.leave();
    expect(installation.waitsFor.open).toEqual([]);
    await both(a, b);
    expect(found()).toEqual([]);
    await both(b, a);
    expect(found()).toEqual(['DEPT001 a b']);
  });

  test('of a lock that gives a function to release it', async () => {
    const [a, b] = gates({ acquire: 'enterForRelease', releaser: true });
    const both = async (first: Gate, second: Gate): Promise<void> => {
      const outer = await first.enterForRelease();
      const inner = await second.enterForRelease();
      inner();
      outer();
    };
    await both(a, b);
    await both(b, a);
    expect(found()).toEqual(['DEPT001 a b']);
  });

  test('of a lock that gives an object to release it', async () => {
    const [a, b] = gates({ acquire: 'enterForTicket', releaser: 'close' });
    const both = async (first: Gate, second: Gate): Promise<void> => {
      const outer = await first.enterForTicket();
      const inner = await second.enterForTicket();
      inner.close();
      outer.close();
    };
    await both(a, b);
    await both(b, a);
    expect(found()).toEqual(['DEPT001 a b']);
  });

  test('of a lock that calls back', async () => {
    const [a, b] = gates({ acquire: 'enterWithCallback', releaser: true });
    const both = (first: Gate, second: Gate): Promise<void> =>
      new Promise((resolve) => {
        first.enterWithCallback((_none, leaveFirst) => {
          second.enterWithCallback((_nothing, leaveSecond) => {
            leaveSecond();
            leaveFirst();
            resolve();
          });
        });
      });
    await both(a, b);
    await both(b, a);
    expect(found()).toEqual(['DEPT001 a b']);
  });

  test('of a lock that runs a task', async () => {
    const [a, b] = gates({ run: 'run' });
    await a.run(() => b.run(() => 1));
    await b.run(() => a.run(() => 1));
    expect(found()).toEqual(['DEPT001 a b']);
  });

  test('of a lock that is tried in between: who tries holds, but waits for nobody', async () => {
    const [a, b] = gates({ acquire: 'enter', tryAcquire: 'tryEnter', release: 'leave' });
    expect(a.tryEnter()).toBe(true);
    expect(a.tryEnter()).toBe(false);
    await b.enter();
    b.leave();
    a.leave();
    await b.enter();
    expect(a.tryEnter()).toBe(true);
    a.leave();
    b.leave();
    expect(found()).toEqual([]);
    await b.enter();
    await a.enter();
    a.leave();
    b.leave();
    expect(found()).toEqual(['DEPT001 a b']);
  });

  test('of two keys of one lock, but not of keys in one order', async () => {
    installation = install();
    const gates = new Map<string, Gate>();
    const shelf = {
      hold: <T>(key: string, task: () => Promise<T>): Promise<T> => {
        const gate = gates.get(key) ?? new Gate();
        gates.set(key, gate);
        return gate.run(task);
      },
    };
    wrap(shelf, { name: 'shelf', run: 'hold', key: (key: string) => key });
    const none = async (): Promise<void> => undefined;
    await shelf.hold('a', () => shelf.hold('b', none));
    await shelf.hold('b', () => shelf.hold('c', none));
    expect(found()).toEqual([]);
    await shelf.hold('c', () => shelf.hold('a', none));
    expect(found()).toEqual(['DEPT001 shelf shelf shelf']);
  });
});

test('who waits until all is done while holding a place is stuck', async () => {
  const [a] = gates({ acquire: 'enter', release: 'leave', idle: 'settle' }, 2);
  await a.enter();
  await a.enter();
  void a.enter();
  void a.settle();
  await new Promise((resolve) => setImmediate(resolve));
  installation.waitsFor.confirm(true);
  expect(found()).toEqual(['DEPT002 a']);
  for (let i = 0; i < 3; i++) a.leave();
});

test('a class is watched for all its instances, each by the name of its first use', async () => {
  class Latch extends Gate {}
  installation = install();
  wrap(Latch.prototype, { run: 'run' });
  const [stock, ledger] = [new Latch(), new Latch()];
  await stock.run(() => ledger.run(() => 1));
  await ledger.run(() => stock.run(() => 1));
  expect(found()).toEqual(['DEPT001 stock ledger']);
});

test('a rejection that nobody handles stays unhandled', async () => {
  installation = install();
  const error = new Error('on purpose');
  const door = wrap(
    { open: () => Promise.reject(error), close: () => undefined },
    { name: 'door', acquire: 'open', release: 'close' },
  );
  const unhandled: unknown[] = [];
  const listeners = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', (reason) => unhandled.push(reason));
  await door.open().catch(() => undefined);
  await Promise.allSettled([door.open()]);
  await (async () => door.open())().catch(() => undefined);
  await expect(door.open()).rejects.toBe(error);
  await new Promise((resolve) => setImmediate(resolve));
  expect(unhandled).toEqual([]);
  void door.open();
  await new Promise((resolve) => setImmediate(resolve));
  process.removeAllListeners('unhandledRejection');
  for (const listener of listeners) process.on('unhandledRejection', listener);
  expect(unhandled).toEqual([error]);
});

test('methods keep their name and length, and nothing is seen when nothing is installed', async () => {
  const gate = wrap(new Gate(), { acquire: 'enter', release: 'leave', run: 'run' });
  expect([gate.run.name, gate.run.length]).toEqual(['run', 1]);
  expect(await gate.run(() => 7)).toBe(7);
});

test('an object without the methods, or one that is wrapped, is refused', () => {
  expect(() => wrap({}, { acquire: 'enter' })).toThrow('acquire: the object has no method enter.');
  expect(() => wrap(new Gate(), { acquire: 'enter', release: 'laeve' })).toThrow(
    'release: the object has no method laeve.',
  );
  expect(() => wrap(new Gate(), { name: 'gate' })).toThrow('wrap(): no method is named');
  const shape = { acquire: 'enter', release: 'leave' };
  const gate = wrap(new Gate(), shape);
  expect(() => wrap(gate, shape)).toThrow('wrapped already');
  expect(() => wrap(Gate, shape)).toThrow('Its instances have: give the prototype of the class.');
});

test.each([
  [{ aquire: 'enter' }, 'wrap(): there is no option aquire; did you mean acquire?'],
  [
    { acquire: () => 1 },
    'wrap(): acquire is the function acquire; it must be the name of a method, or a list of names.',
  ],
  [
    { acquire: 'enter', release: 'leave', capacity: '2' },
    'wrap(): capacity is "2"; it must be a number or a function.',
  ],
  [
    { acquire: 'enter' },
    'wrap(): what is acquired would be held for ever; name the release, or the releaser of what is given.',
  ],
  [{ acquire: 'enter', releaser: true, isFree: () => true }, 'wrap(): isFree does not go with releaser.'],
  [{ run: 'run', naming: 'nam' }, 'naming: the object has no method nam.'],
  [null, expect.stringContaining('wrap(): the options are null')],
])('a shape that says nothing, or something else than what is meant, is refused: %j', (shape, message) => {
  const gate = new Gate();
  expect(() => wrap(gate, shape as object)).toThrow(expect.objectContaining({ code: 'ERR_DEPT_BAD_SHAPE', message }));
  expect(Object.getOwnPropertyDescriptor(gate, 'enter')).toBeUndefined();
});
