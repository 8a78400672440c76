import type semaphoreModule from 'semaphore-async-await';
import { describe, expect, test } from 'vitest';
import { LibraryStage, latest, turn } from './library-stage.ts';

/** A lock of any of these libraries: what takes it, and what gives it back. */
interface Lock {
  take(): Promise<unknown>;
  give(taken?: unknown): unknown;
}

const LOCKS: Readonly<Record<string, () => Lock>> = {
  'es-toolkit': () => {
    const { Mutex } = latest('es-toolkit') as typeof import('es-toolkit');
    const mutex = new Mutex();
    return { take: () => mutex.acquire(), give: () => mutex.release() };
  },
  'await-semaphore': () => {
    const { Mutex } = latest('await-semaphore');
    const mutex = new Mutex();
    return { take: () => mutex.acquire(), give: (release) => (release as () => void)() };
  },
  'await-mutex': () => {
    const { default: Mutex } = latest('await-mutex');
    const mutex = new Mutex();
    return { take: () => mutex.lock(), give: (unlock) => (unlock as () => void)() };
  },
  '@livekit/mutex': () => {
    const { Mutex } = latest('@livekit/mutex') as typeof import('@livekit/mutex');
    const mutex = new Mutex();
    return { take: () => mutex.lock(), give: (unlock) => (unlock as () => void)() };
  },
  'semaphore-async-await': () => {
    const { Lock } = latest('semaphore-async-await') as typeof import('semaphore-async-await');
    const lock = new Lock();
    return { take: () => lock.acquire(), give: () => lock.release() };
  },
  'async-await-mutex-lock': () => {
    const { Lock } = latest('async-await-mutex-lock') as typeof import('async-await-mutex-lock');
    const lock = new Lock<string>();
    return { take: () => lock.acquire('key'), give: () => lock.release('key') };
  },
  '@sapphire/async-queue': () => {
    const { AsyncQueue } = latest('@sapphire/async-queue') as typeof import('@sapphire/async-queue');
    const queue = new AsyncQueue();
    return { take: () => queue.wait(), give: () => queue.shift() };
  },
  '@henrygd/semaphore': () => {
    const { getSemaphore } = latest('@henrygd/semaphore') as typeof import('@henrygd/semaphore');
    const semaphore = getSemaphore();
    return { take: () => semaphore.acquire(), give: () => semaphore.release() };
  },
  '@henrygd/semaphore by key': () => {
    const { getSemaphore } = latest('@henrygd/semaphore') as typeof import('@henrygd/semaphore');
    const semaphore = getSemaphore(Symbol('key'));
    return { take: () => semaphore.acquire(), give: () => semaphore.release() };
  },
  '@shopify/semaphore': () => {
    const { Semaphore } = latest('@shopify/semaphore') as typeof import('@shopify/semaphore');
    const semaphore = new Semaphore(1);
    return {
      take: () => semaphore.acquire(),
      give: (permit) => void (permit as import('@shopify/semaphore').Permit).release(),
    };
  },
};

describe.each(Object.keys(LOCKS))('%s', (name) => {
  const make = (): Lock => (LOCKS[name] as () => Lock)();

  test('a lock that is taken again under itself never comes', async () => {
    using stage = new LibraryStage();
    const lock = make();
    const again = async (): Promise<void> => {
      await lock.take();
      await turn();
      await lock.take();
    };
    void again();
    expect(await stage.found()).toEqual([expect.stringMatching(/^DEPT002 error /)]);
  });

  test('a lock that another task gives back is held by nobody', async () => {
    using stage = new LibraryStage();
    const [lock, other] = [make(), make()];
    let taken: unknown;
    const begin = async (): Promise<void> => {
      taken = await lock.take();
    };
    const end = async (): Promise<void> => {
      await turn();
      lock.give(taken);
    };
    await Promise.all([begin(), end()]);
    // Held, this would be an order.
    other.give(await other.take());
    const under = await other.take();
    lock.give(await lock.take());
    other.give(under);
    expect(await stage.found()).toEqual([]);
    expect(stage.open).toEqual([]);
  });

  test('who waits has it from the moment that another task gives it back', async () => {
    using stage = new LibraryStage();
    const lock = make();
    const first = await lock.take();
    const order: string[] = [];
    const waiting = (async () => {
      const second = await lock.take();
      order.push('second');
      lock.give(second);
    })();
    await turn();
    order.push('first');
    await (async () => lock.give(first))();
    await waiting;
    lock.give(await lock.take());
    expect(order).toEqual(['first', 'second']);
    expect(await stage.found()).toEqual([]);
    expect(stage.open).toEqual([]);
  });

  test('given back twice it answers as it does without dept', async () => {
    const twice = async (): Promise<readonly unknown[]> => {
      const lock = make();
      const taken = await lock.take();
      const answers: unknown[] = [];
      for (let i = 0; i < 2; i++) {
        try {
          answers.push(lock.give(taken));
        } catch (error) {
          answers.push((error as Error).message);
        }
      }
      return [...answers, typeof (await lock.take())];
    };
    const bare = await twice();
    using stage = new LibraryStage();
    expect(await twice()).toEqual(bare);
    expect(await stage.found()).toEqual([]);
  });
});

test('the methods that were there come back when nobody watches any more', () => {
  const prototypes = (): readonly object[] => [
    latest('es-toolkit').Semaphore.prototype,
    latest('await-mutex').default.prototype,
    latest('await-semaphore').Semaphore.prototype,
    latest('@livekit/mutex').Mutex.prototype,
    latest('@livekit/mutex').MultiMutex.prototype,
    latest('semaphore-async-await').default.prototype,
    latest('async-await-mutex-lock').Lock.prototype,
    latest('@sapphire/async-queue').AsyncQueue.prototype,
    latest('@shopify/semaphore').Semaphore.prototype,
    latest('promise-queue').prototype,
  ];
  const methods = (): unknown[] => prototypes().map((prototype) => Object.getOwnPropertyDescriptors(prototype));
  const before = methods();
  {
    using _stage = new LibraryStage();
    expect(methods()).not.toEqual(before);
  }
  expect(methods()).toEqual(before);
});

describe('es-toolkit', () => {
  const { Mutex, Semaphore, limitAsync } = latest('es-toolkit') as typeof import('es-toolkit');

  test('a semaphore without a permit is a signal: who waits for it under a lock is no circle', async () => {
    using stage = new LibraryStage();
    const [signal, state] = [new Semaphore(0), new Mutex()];
    const consume = async (): Promise<void> => {
      await state.acquire();
      await signal.acquire();
      state.release();
    };
    const consuming = consume();
    await turn();
    signal.release();
    await consuming;
    await state.acquire();
    const next = signal.acquire();
    signal.release();
    await next;
    state.release();
    expect(await stage.found()).toEqual([]);
    expect(stage.open).toEqual([]);
  });

  test('what limitAsync makes is a limit: a call inside of a call needs another permit', async () => {
    using stage = new LibraryStage();
    const visit = limitAsync(async (depth: number): Promise<number> => {
      return depth === 0 ? 0 : 1 + (await (visit(depth - 1) as Promise<number>));
    }, 3);
    expect(await visit(1)).toBe(1);
    expect(await stage.found()).toEqual([expect.stringMatching(/^DEPT001 error /)]);
  });
});

describe('semaphore-async-await', () => {
  const { default: Semaphore, Lock } = latest('semaphore-async-await') as typeof semaphoreModule;

  test('a wait that gives up takes nothing', async () => {
    using stage = new LibraryStage();
    const [lock, other] = [new Lock(), new Lock()];
    await lock.acquire();
    expect(await Promise.all([lock.waitFor(1), (async () => lock.waitFor(1))()])).toEqual([false, false]);
    expect(stage.open).toEqual([]);
    lock.release();
    await other.acquire();
    expect(await lock.waitFor(1)).toBe(true);
    lock.release();
    other.release();
    // Its holder has waited for it, and there is no order of the two.
    expect(await stage.found()).toEqual(['DEPT001 warning lock']);
  });

  test('two orders that only a time limit breaks are a warning', async () => {
    using stage = new LibraryStage();
    const [first, second] = [new Lock(), new Lock()];
    await first.acquire();
    await second.waitFor(5000);
    second.release();
    first.release();
    await second.acquire();
    await first.waitFor(5000);
    first.release();
    second.release();
    expect(await stage.found()).toEqual(['DEPT001 warning first second']);
  });

  test('one that begins without permits counts what is given, also when that came first', async () => {
    using stage = new LibraryStage();
    const items = new Semaphore(0);
    items.signal();
    await items.wait();
    const next = items.wait();
    void (async () => {
      await turn();
      items.signal();
    })();
    await next;
    expect(await stage.found()).toEqual([]);
  });

  test('what is tried is held', async () => {
    using stage = new LibraryStage();
    const [tried, other] = [new Lock(), new Lock()];
    expect([tried.tryAcquire(), tried.tryAcquire()]).toEqual([true, false]);
    await other.wait();
    other.signal();
    tried.signal();
    await other.wait();
    await tried.wait();
    tried.signal();
    other.signal();
    expect(await stage.found()).toEqual(['DEPT001 error other tried']);
  });
});

describe('@sapphire/async-queue', () => {
  const { AsyncQueue } = latest('@sapphire/async-queue') as typeof import('@sapphire/async-queue');

  test('what is aborted waits no more', async () => {
    using stage = new LibraryStage();
    const queue = new AsyncQueue();
    const abort = new AbortController();
    await queue.wait();
    const waits = Promise.allSettled([queue.wait({ signal: abort.signal }), queue.wait(), queue.wait()]);
    await turn();
    expect(stage.open).toHaveLength(3);
    abort.abort();
    await turn();
    expect(stage.open).toHaveLength(2);
    queue.abortAll();
    expect((await waits).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(stage.open).toEqual([]);
    queue.shift();
    await queue.wait();
    expect(await stage.found()).toEqual([]);
  });
});

describe('async-await-mutex-lock', () => {
  const { Lock } = latest('async-await-mutex-lock') as typeof import('async-await-mutex-lock');

  async function both(lock: InstanceType<typeof Lock<string>>, first: string, second: string): Promise<void> {
    await lock.acquire(first);
    await lock.acquire(second);
    lock.release(second);
    lock.release(first);
  }

  test('two keys in two orders are a circle, in one order they are none', async () => {
    using stage = new LibraryStage();
    const accounts = new Lock<string>();
    await both(accounts, 'alice', 'bob');
    await both(accounts, 'bob', 'carol');
    expect(await stage.found()).toEqual([]);
    await both(accounts, 'bob', 'alice');
    expect(await stage.found()).toEqual(['DEPT001 error lock lock']);
  });
});

describe('promise-limit', () => {
  const promiseLimit = latest('promise-limit') as typeof import('promise-limit');

  test('tells how many tasks wait, and looks as it did', async () => {
    const bare = Object.keys(promiseLimit(1));
    using stage = new LibraryStage();
    const watched = latest('promise-limit') as typeof import('promise-limit');
    expect(watched).not.toBe(promiseLimit);
    const limit = watched<void>(1);
    expect(Object.keys(limit)).toEqual(bare);
    const all = [limit(turn), limit(turn), limit(turn)];
    expect(limit.queue).toBe(2);
    await Promise.all(all);
    expect(limit.queue).toBe(0);
    expect(await stage.found()).toEqual([]);
  });

  test('without a number there is no limit', async () => {
    using stage = new LibraryStage();
    const limit = (latest('promise-limit') as typeof import('promise-limit'))<string>();
    expect(await limit(() => limit(async () => 'inner'))).toBe('inner');
    expect(await stage.found()).toEqual([]);
  });

  test('a task of map that awaits another task of its limit is a circle', async () => {
    using stage = new LibraryStage();
    const limit = (latest('promise-limit') as typeof import('promise-limit'))<unknown>(2);
    await limit.map([1], () => limit(async () => 'inner'));
    expect(await stage.found()).toEqual(['DEPT001 error limit']);
  });
});

describe('promise-queue', () => {
  const Queue = latest('promise-queue') as new (
    running?: number,
    waiting?: number,
  ) => { add<T>(task: () => T | Promise<T>): Promise<T> };

  test('what a full queue refuses waits for nobody', async () => {
    using stage = new LibraryStage();
    const queue = new Queue(1, 1);
    const added = Promise.allSettled([queue.add(turn), queue.add(turn), queue.add(turn)]);
    expect((await added).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(stage.open).toEqual([]);
    expect(await stage.found()).toEqual([]);
  });

  test('a task that throws leaves its slot', async () => {
    using stage = new LibraryStage();
    const queue = new Queue(1);
    const failing = queue.add(() => {
      throw new Error('on purpose');
    });
    await expect(failing).rejects.toThrow('on purpose');
    expect(await queue.add(() => 7)).toBe(7);
    expect(stage.open).toEqual([]);
  });

  test('without a number there is no limit', async () => {
    using stage = new LibraryStage();
    const queue = new Queue();
    expect(await queue.add(() => queue.add(() => 'inner'))).toBe('inner');
    expect(await stage.found()).toEqual([]);
  });
});

describe('@shopify/semaphore', () => {
  const { Semaphore } = latest('@shopify/semaphore') as typeof import('@shopify/semaphore');

  test('a permit is given back once, by whoever has it, and looks as it did', async () => {
    using stage = new LibraryStage();
    const [semaphore, other] = [new Semaphore(2), new Semaphore(2)];
    const permit = await semaphore.acquire();
    expect(Object.keys(permit)).toEqual(['isReleased', 'onRelease']);
    await permit.release();
    await permit.release();
    const second = await other.acquire();
    await (await semaphore.acquire()).release();
    await second.release();
    expect(await stage.found()).toEqual([]);
    const again = await semaphore.acquire();
    await (await semaphore.acquire()).release();
    await again.release();
    expect(await stage.found()).toEqual(['DEPT001 error semaphore']);
    expect(stage.open).toEqual([]);
  });
});

describe('@henrygd/queue', () => {
  const module = (form = ''): typeof import('@henrygd/queue') => latest(`@henrygd/queue${form}`);

  test.each(['', '/rl'])('what is cleared from %s before it begins waits no more', async (form) => {
    using stage = new LibraryStage();
    const queue = module(form).newQueue(1);
    const gate = new EventTarget();
    const add = async (task: () => Promise<unknown>): Promise<void> => {
      await queue.add(task);
    };
    const long = (): Promise<void> => new Promise((end) => gate.addEventListener('open', () => end()));
    const added = Promise.allSettled([add(long), add(turn), add(turn)]);
    await turn();
    expect(stage.open).toHaveLength(2);
    queue.clear();
    gate.dispatchEvent(new Event('open'));
    expect((await added).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(stage.open).toEqual([]);
    expect(await stage.found()).toEqual([]);
  });

  test('a task of all that awaits another task of its queue is a circle', async () => {
    using stage = new LibraryStage();
    const queue = module().newQueue(2);
    expect(await queue.all<unknown>([() => queue.add(async () => 'inner'), Promise.resolve(7)])).toEqual(['inner', 7]);
    expect(await stage.found()).toEqual(['DEPT001 error queue']);
  });

  test('a queue looks as it did', () => {
    const bare = Object.keys(module().newQueue(1));
    using _stage = new LibraryStage();
    expect(Object.keys(module().newQueue(1))).toEqual(bare);
  });
});

describe('@henrygd/semaphore', () => {
  const module = (): typeof import('@henrygd/semaphore') => latest('@henrygd/semaphore');

  async function both(first: string, second: string): Promise<void> {
    const { getSemaphore } = module();
    const [one, other] = [getSemaphore(first), getSemaphore(second)];
    await one.acquire();
    await other.acquire();
    other.release();
    one.release();
  }

  test('two keys in two orders are a circle, in one order they are none, also when nobody has had them in between', async () => {
    using stage = new LibraryStage();
    await both('alice', 'bob');
    await both('bob', 'carol');
    expect(await stage.found()).toEqual([]);
    await both('bob', 'alice');
    expect(await stage.found()).toEqual(['DEPT001 error getSemaphore getSemaphore']);
    expect(stage.open).toEqual([]);
  });

  test('a holder of a key of several permits that asks for one more is a circle', async () => {
    using stage = new LibraryStage();
    const slots = module().getSemaphore('slots', 2);
    await slots.acquire();
    await slots.acquire();
    slots.release();
    slots.release();
    expect(await stage.found()).toEqual(['DEPT001 error getSemaphore']);
    expect(stage.installation.findings[0]?.help[0]).toContain('as soon as 2 holders');
  });

  test('the same key gives the same semaphore as long as somebody uses it, and it looks as it did', () => {
    const look = (): readonly unknown[] => {
      const { getSemaphore } = module();
      const first = getSemaphore('same', 2);
      const answers: unknown[] = [
        first === getSemaphore('same', 2),
        first === getSemaphore('other'),
        Object.keys(first),
      ];
      void first.acquire();
      answers.push(first === getSemaphore('same', 2), first.size());
      first.release();
      first.release();
      return [...answers, first === getSemaphore('same', 2), first.size()];
    };
    const bare = look();
    using _stage = new LibraryStage();
    expect(look()).toEqual(bare);
  });
});
