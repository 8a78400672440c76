import type * as Latest from 'effect';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { currentInstallation, install } from '../../../../instrument/install.ts';
import { effect } from '../../../../instrument/libraries/effect.ts';
import { withTracker } from '../../../../instrument/with-tracker.ts';
import type * as EffectModule from '../../../previous-majors/node_modules/effect/dist/dts/index.d.ts';
import { previous } from './library-stage.ts';
import { told } from './told.ts';

type Program<A = unknown> = EffectModule.Effect.Effect<A, unknown>;

let Effect: typeof EffectModule.Effect;
let Fiber: typeof EffectModule.Fiber;
let latest: typeof Latest;
/** All fibers of the program run in one task of the event loop, as they do before 3.20. */
let inOneTask: (program: Program) => Program;

/** Runs what is scheduled in one task of the event loop. */
function oneTask(): (task: () => void) => void {
  const tasks: (() => void)[] = [];
  const runAll = (): void => {
    for (const task of tasks.splice(0)) task();
  };
  return (task) => {
    if (tasks.push(task) === 1) setImmediate(runAll);
  };
}

async function useEffect3(): Promise<void> {
  const url = new URL('../../../previous-majors/node_modules/effect/dist/esm/index.js', import.meta.url).href;
  const effect3 = (await import(url)) as typeof EffectModule;
  ({ Effect, Fiber } = effect3);
  inOneTask = (program) => effect3.Effect.withScheduler(program, effect3.Scheduler.make(oneTask()));
}

/** The next major under the names of the one before. */
async function useEffect4(): Promise<void> {
  latest = await import('effect');
  const { Effect: E, Fiber: F, Scheduler } = latest;
  const names = {
    get makeSemaphore() {
      return latest.Semaphore.make;
    },
    get unsafeMakeSemaphore() {
      return latest.Semaphore.makeUnsafe;
    },
    fork: E.forkChild,
    forkDaemon: E.forkDetach,
    zipRight: E.andThen,
    yieldNow: () => E.yieldNow,
    replicateEffect: (effect: never, times: number) => E.all(Array.from({ length: times }, () => effect)),
  };
  Effect = Object.create(E, Object.getOwnPropertyDescriptors(names));
  type Interrupted = { interruptUnsafe(): void };
  const fibers = {
    interruptFork: (fiber: never) => E.forkDetach(F.interrupt(fiber)),
    interruptAsFork: (fiber: Interrupted) => E.sync(() => fiber.interruptUnsafe()),
  };
  Fiber = Object.create(F, Object.getOwnPropertyDescriptors(fibers));
  inOneTask = (program) => {
    const scheduleTask = oneTask();
    const scheduler = {
      executionMode: 'async',
      shouldYield: () => false,
      makeDispatcher: () => ({ scheduleTask, flush: () => undefined }),
    };
    return E.provideService(program as never, Scheduler.Scheduler, scheduler as never) as never;
  };
}

beforeAll(() => void install());
afterAll(() => currentInstallation()?.uninstall());

/** Long enough for whatever else is ready to run. */
function pause(): Program {
  return Effect.promise(() => new Promise((resume) => setImmediate(resume)));
}

async function run(program: Program, attribution: 'precise' | 'dynamic' | 'light' = 'precise') {
  const { findings, ...rest } = await withTracker(() => Effect.runPromise(program), {
    confirmAfterMs: 20,
    attribution,
  });
  return {
    ...rest,
    codes: told(findings),
    messages: findings.map(({ message }) => message),
    help: findings.flatMap(({ help }) => help),
  };
}

const CIRCLE = ['DEPT001 error ledger stock'];

describe.each([
  ['effect 3', useEffect3],
  ['effect 4', useEffect4],
])('%s', (_name, use) => {
  beforeAll(use);

  describe('two semaphores in two orders', () => {
    test.each(['precise', 'dynamic'] as const)('one fiber after the other is a circle (%s)', async (attribution) => {
      const program = Effect.gen(function* () {
        const stock = yield* Effect.makeSemaphore(1);
        const ledger = yield* Effect.makeSemaphore(1);
        const sell = yield* Effect.fork(stock.withPermits(1)(ledger.withPermits(1)(pause())));
        yield* Fiber.join(sell);
        const refund = yield* Effect.fork(ledger.withPermits(1)(stock.withPermits(1)(pause())));
        yield* Fiber.join(refund);
      });
      const { codes, settled } = await run(program, attribution);
      expect(settled).toBe(true);
      expect(codes).toEqual(CIRCLE);
    });

    test('taken and released by programs that run at once are a circle', async () => {
      const { findings } = await withTracker(() => {
        const stock = Effect.unsafeMakeSemaphore(1);
        const ledger = Effect.unsafeMakeSemaphore(1);
        const inOrder = (first: typeof stock, second: typeof stock): void => {
          Effect.runSync(first.take(1));
          Effect.runSync(second.take(1));
          Effect.runSync(second.release(1));
          Effect.runSync(first.release(1));
        };
        inOrder(stock, ledger);
        inOrder(ledger, stock);
      });
      expect(findings.map(({ code }) => code)).toEqual(['DEPT001']);
    });

    test('two fibers that wait for each other are a deadlock', async () => {
      const { codes, settled, openWaits } = await run(
        Effect.gen(function* () {
          const stock = yield* Effect.makeSemaphore(1);
          const ledger = yield* Effect.makeSemaphore(1);
          const sell = stock.withPermits(1)(Effect.zipRight(pause(), ledger.withPermits(1)(pause())));
          const refund = ledger.withPermits(1)(Effect.zipRight(pause(), stock.withPermits(1)(pause())));
          yield* Effect.all([sell, refund], { concurrency: 'unbounded' });
        }),
      );
      expect(settled).toBe(false);
      expect(codes).toEqual(['DEPT002 error ledger stock']);
      expect(openWaits.map(({ className }) => className).toSorted()).toEqual(['ledger:0', 'stock:0']);
    });

    test('of which the second is taken by a fiber that is joined are a circle', async () => {
      const program = Effect.gen(function* () {
        const stock = yield* Effect.makeSemaphore(1);
        const ledger = yield* Effect.makeSemaphore(1);
        yield* ledger.withPermits(1)(stock.withPermits(1)(pause()));
        const count = yield* Effect.fork(ledger.withPermits(1)(pause()));
        yield* stock.withPermits(1)(Fiber.join(count));
      });
      expect((await run(program)).codes).toEqual(CIRCLE);
    });

    test.each([0, 1])('of which the second is taken by one of several fibers are a circle (%i)', async (which) => {
      const program = Effect.gen(function* () {
        const stock = yield* Effect.makeSemaphore(1);
        const ledger = yield* Effect.makeSemaphore(1);
        yield* ledger.withPermits(1)(stock.withPermits(1)(pause()));
        const counts = [ledger.withPermits(1)(pause()), Effect.zipRight(pause(), pause())];
        if (which === 1) counts.reverse();
        yield* stock.withPermits(1)(Effect.all(counts, { concurrency: 'unbounded' }));
      });
      expect((await run(program)).codes).toEqual(CIRCLE);
    });

    test('of which the second is taken by a promise of another runtime are a circle', async () => {
      const program = Effect.gen(function* () {
        const stock = yield* Effect.makeSemaphore(1);
        const ledger = yield* Effect.makeSemaphore(1);
        yield* ledger.withPermits(1)(stock.withPermits(1)(pause()));
        yield* stock.withPermits(1)(
          Effect.promise(async () => {
            await new Promise((resume) => setImmediate(resume));
            await Effect.runPromise(ledger.withPermits(1)(pause()) as never);
          }),
        );
      });
      expect((await run(program)).codes).toEqual(CIRCLE);
    });
  });

  describe('a semaphore of which its holder takes more', () => {
    test('with one permit is a deadlock', async () => {
      const program = Effect.gen(function* () {
        const lock = yield* Effect.makeSemaphore(1);
        yield* lock.withPermits(1)(lock.withPermits(1)(pause()));
      });
      const { codes, settled } = await run(program);
      expect(settled).toBe(false);
      expect(codes).toEqual(['DEPT002 error lock']);
    });

    test('with several permits hangs at as many holders', async () => {
      const program = Effect.gen(function* () {
        const connections = yield* Effect.makeSemaphore(3);
        yield* connections.withPermits(1)(connections.withPermits(1)(pause()));
      });
      const { codes, settled, help } = await run(program);
      expect(settled).toBe(true);
      expect(codes).toEqual(['DEPT001 error connections']);
      expect(help[0]).toBe('It hangs as soon as 3 holders of connections ask for one more at the same time.');
    });
  });

  describe('nothing is said of', () => {
    test('an interrupted fiber, that had not waited for what whoever interrupts it had', async () => {
      const program = Effect.gen(function* () {
        const stock = yield* Effect.makeSemaphore(1);
        const ledger = yield* Effect.makeSemaphore(1);
        yield* ledger.withPermits(1)(stock.withPermits(1)(pause()));
        const idle = yield* Effect.fork(stock.withPermits(1)(Effect.never));
        yield* pause();
        yield* ledger.withPermits(1)(pause());
        yield* Fiber.interrupt(idle);
      });
      expect((await run(program)).codes).toEqual([]);
    });

    test.each(['precise', 'dynamic', 'light'] as const)(
      'one order in many fibers, with sleepers (%s)',
      async (attribution) => {
        const program = Effect.gen(function* () {
          const stock = yield* Effect.makeSemaphore(1);
          const ledger = yield* Effect.makeSemaphore(2);
          const order = stock.withPermits(1)(Effect.zipRight(Effect.sleep(1), ledger.withPermits(1)(pause())));
          yield* Effect.all([order, order, order, ledger.withPermits(2)(pause())], { concurrency: 'unbounded' });
        });
        const { codes, settled, openWaits } = await run(program, attribution);
        expect(settled).toBe(true);
        expect(codes).toEqual([]);
        expect(openWaits).toEqual([]);
      },
    );

    test.each(['precise', 'dynamic', 'light'] as const)('fibers beside each other (%s)', async (attribution) => {
      const program = Effect.gen(function* () {
        const stock = yield* Effect.makeSemaphore(1);
        const ledger = yield* Effect.makeSemaphore(1);
        const sell = Effect.zipRight(stock.withPermits(1)(pause()), ledger.withPermits(1)(pause()));
        const refund = Effect.zipRight(ledger.withPermits(1)(pause()), stock.withPermits(1)(pause()));
        yield* Effect.all([sell, refund, sell, refund], { concurrency: 'unbounded' });
        yield* Effect.all([sell, refund, sell, refund], { concurrency: 2, discard: true });
      });
      expect((await run(program, attribution)).codes).toEqual([]);
      expect((await run(inOneTask(program), attribution)).codes).toEqual([]);
    });

    test('fibers that are started in the task of another one', async () => {
      const program = Effect.gen(function* () {
        const stock = yield* Effect.makeSemaphore(1);
        const ledger = yield* Effect.makeSemaphore(1);
        yield* stock.withPermits(1)(ledger.withPermits(1)(pause()));
        const count = stock.withPermits(1)(Effect.yieldNow());
        const work = Effect.all([pause(), pause()], { concurrency: 'unbounded' });
        const post = ledger.withPermits(1)(Effect.zipRight(Effect.yieldNow(), work));
        const counting = yield* Effect.fork(count);
        yield* Effect.zipRight(post, Fiber.join(counting));
      });
      expect((await run(inOneTask(program))).codes).toEqual([]);
    });

    test('a fiber that is started under a permit, and takes it when it is free', async () => {
      const program = Effect.gen(function* () {
        const stock = yield* Effect.makeSemaphore(1);
        const ledger = yield* Effect.makeSemaphore(1);
        yield* ledger.withPermits(1)(stock.withPermits(1)(pause()));
        const audit = yield* stock.withPermits(1)(
          Effect.forkDaemon(Effect.zipRight(ledger.withPermits(1)(pause()), stock.withPermits(1)(pause()))),
        );
        yield* Fiber.join(audit);
      });
      const { codes, settled } = await run(program);
      expect(settled).toBe(true);
      expect(codes).toEqual([]);
    });

    test('who takes what is there or nothing', async () => {
      const program = Effect.gen(function* () {
        const stock = yield* Effect.makeSemaphore(1);
        const ledger = yield* Effect.makeSemaphore(1);
        yield* stock.withPermits(1)(ledger.withPermits(1)(pause()));
        return yield* ledger.withPermits(1)(stock.withPermitsIfAvailable(1)(pause()));
      });
      expect((await run(program)).codes).toEqual([]);
    });

    test.each([0, 1, 2])('permits that one fiber takes and another one gives back, late (of %i)', async (permits) => {
      const program = Effect.gen(function* () {
        const items = yield* Effect.makeSemaphore(permits);
        const consume = Effect.replicateEffect(items.take(1), permits + 2);
        const produce = Effect.replicateEffect(Effect.zipRight(Effect.sleep(100), items.release(1)), 2);
        yield* Effect.all([consume, produce], { concurrency: 'unbounded' });
      });
      const { codes, settled } = await run(program);
      expect(settled).toBe(true);
      expect(codes).toEqual([]);
    });
  });

  describe('a fiber that is interrupted', () => {
    test('waits no more from then on, whatever it still has to do', async () => {
      const lock = Effect.unsafeMakeSemaphore(1);
      const program = Effect.gen(function* () {
        const waiting = Effect.onInterrupt(lock.withPermits(1)(Effect.void), () => Effect.sleep(1));
        const fiber = yield* Effect.fork(waiting);
        yield* pause();
        const before = currentInstallation()?.waitsFor.open.length;
        yield* Fiber.interruptFork(fiber);
        yield* pause();
        return [before, currentInstallation()?.waitsFor.open.length];
      });
      expect(await Effect.runPromise(lock.withPermits(1)(program) as never)).toEqual([1, 0]);
    });

    test('while it waits does so no more', async () => {
      const program = Effect.gen(function* () {
        const lock = yield* Effect.makeSemaphore(1);
        yield* lock.withPermits(1)(
          Effect.gen(function* () {
            const waiting = yield* Effect.fork(lock.withPermits(1)(pause()));
            yield* pause();
            yield* Fiber.interrupt(waiting);
            yield* pause();
          }),
        );
        return yield* lock.withPermits(1)(Effect.succeed('free'));
      });
      const { codes, value, openWaits } = await run(program);
      expect(value).toBe('free');
      expect(openWaits).toEqual([]);
      expect(codes).toEqual([]);
    });

    test('after it was woken, before it has looked, waits no more', async () => {
      const lock = Effect.unsafeMakeSemaphore(1);
      const program = Effect.gen(function* () {
        yield* lock.take(1);
        let tidyUp = (): void => undefined;
        const tidy = new Promise<void>((resolve) => {
          tidyUp = resolve;
        });
        const waiting = Effect.onInterrupt(lock.withPermits(1)(Effect.void), () => Effect.promise(() => tidy));
        const fiber = yield* Effect.fork(waiting);
        yield* pause();
        yield* lock.release(1);
        yield* Effect.yieldNow();
        yield* Fiber.interruptAsFork(fiber, { _tag: 'None' } as never);
        yield* pause();
        const open = currentInstallation()?.waitsFor.open.length;
        tidyUp();
        return [open, yield* lock.withPermits(1)(Effect.succeed('free'))];
      });
      expect(await Effect.runPromise(program as never)).toEqual([0, 'free']);
    });
  });

  test('a semaphore behaves as if nobody watched', async () => {
    const program = Effect.gen(function* () {
      const lock = yield* Effect.makeSemaphore(3);
      const log: unknown[] = [];
      const step = (name: string, permits: number): Program =>
        lock.withPermits(permits)(
          Effect.zipRight(
            Effect.sync(() => log.push(name)),
            pause(),
          ),
        );
      yield* Effect.all([step('a', 2), step('b', 2), step('c', 1), step('d', 3)], { concurrency: 'unbounded' });
      log.push(yield* lock.take(2), yield* lock.withPermitsIfAvailable(2)(pause()), yield* lock.release(2));
      yield* lock.resize(1);
      log.push(yield* lock.withPermitsIfAvailable(1)(Effect.succeed('one')), yield* lock.releaseAll);
      return JSON.stringify(log);
    });
    const watched = await run(program);
    currentInstallation()?.uninstall();
    const unwatched = await Effect.runPromise(program as EffectModule.Effect.Effect<string>);
    install();
    expect(watched.value).toBe(unwatched);
  });
});

describe('effect 3', () => {
  beforeAll(useEffect3);

  test('the CommonJS build is watched like the ES modules', async () => {
    const commonJs = previous('effect') as typeof EffectModule;
    expect(commonJs.Effect.makeSemaphore).not.toBe(Effect.makeSemaphore);
    const program = commonJs.Effect.gen(function* () {
      const lock = yield* commonJs.Effect.makeSemaphore(2);
      yield* lock.withPermits(1)(lock.withPermits(1)(pause()));
    });
    const { findings } = await withTracker(() => commonJs.Effect.runPromise(program as never));
    expect(findings.map(({ code, circle }) => `${code} ${circle[0]?.to.key.name}`)).toEqual(['DEPT001 lock']);
  });

  test('a version with other fibers or other semaphores is left alone', () => {
    const rebind = (): boolean => expect.unreachable('nothing is replaced');
    const fibers = { FiberRuntime: Object.getPrototypeOf(Effect.runFork(Effect.void)).constructor as object };
    const makers = { unsafeMakeSemaphore: Effect.unsafeMakeSemaphore };
    const patch = (build: string, of: object, semaphores: object): unknown => {
      effect.patch(of as never, rebind, `dist/${build}/internal/fiberRuntime.js`);
      return effect.patch(semaphores as never, rebind, `dist/${build}/Effect.js`);
    };
    expect(patch('one', { FiberRuntime: class {} }, makers)).toBeNull();
    expect(patch('two', fibers, { unsafeMakeSemaphore: () => ({ take: () => ({}) }) })).toBeNull();
    expect(patch('three', {}, makers)).toBeNull();
  });

  test('uninstall restores what it has patched', async () => {
    const fiber = Effect.runFork(Effect.void);
    const prototype = Object.getPrototypeOf(fiber) as Record<string, unknown>;
    const names = ['tell', 'start', 'drainQueueOnCurrentThread', 'evaluateMessageWhileSuspended', 'unsafePoll'];
    const watched = names.map((name) => prototype[name]);
    const { makeSemaphore } = Effect;
    currentInstallation()?.uninstall();
    for (const [at, name] of names.entries()) expect(prototype[name]).not.toBe(watched[at]);
    expect(Effect.makeSemaphore).not.toBe(makeSemaphore);
    expect(await Effect.runPromise(Effect.unsafeMakeSemaphore(1).withPermits(1)(Effect.succeed('ran')))).toBe('ran');
    install();
    expect(prototype['tell']).not.toBe(watched[0]);
  });
});

describe('effect 4', () => {
  beforeAll(useEffect4);

  const pause4 = (): Latest.Effect.Effect<unknown> => pause() as never;

  test.each(['take', 'withPermit', 'takeScoped'] as const)(
    'two orders by %s are a circle, one is none',
    async (way) => {
      const stock = latest.Semaphore.makeUnsafe(1);
      const ledger = latest.Semaphore.makeUnsafe(1);
      const { Semaphore } = latest;
      const using = (lock: typeof stock, inner: Latest.Effect.Effect<unknown>): Latest.Effect.Effect<unknown> => {
        if (way === 'withPermit') return Semaphore.withPermit(lock, inner);
        if (way === 'takeScoped')
          return latest.Effect.scoped(latest.Effect.andThen(Semaphore.takeScoped(lock, 1), inner));
        const released = latest.Effect.andThen(inner, Semaphore.release(lock, 1));
        return latest.Effect.andThen(Semaphore.take(lock, 1), released);
      };
      const sell = using(stock, using(ledger, pause4()));
      const refund = using(ledger, using(stock, pause4()));
      expect((await run(latest.Effect.andThen(sell, sell) as never)).codes).toEqual([]);
      expect((await run(latest.Effect.andThen(sell, refund) as never)).codes).toEqual(CIRCLE);
    },
  );

  test.each([
    ['join', 1],
    ['await', 1],
    ['joinAll', 2],
    ['awaitAll', 2],
  ] as const)('who waits by %s goes on after all, also those that had ended before it ran', async (way, count) => {
    const program = latest.Effect.gen(function* () {
      const stock = yield* latest.Semaphore.make(1);
      const ledger = yield* latest.Semaphore.make(1);
      yield* ledger.withPermits(1)(stock.withPermits(1)(pause4()));
      const join = latest.Fiber[way] as (fibers: unknown) => Latest.Effect.Effect<unknown>;
      yield* stock.withPermits(1)(
        latest.Effect.gen(function* () {
          const first = yield* latest.Effect.forkChild(ledger.withPermits(1)(latest.Effect.void));
          const second = yield* latest.Effect.forkChild(latest.Effect.sleep(5));
          const joining = join(count === 1 ? first : [first, second]);
          yield* pause4();
          yield* joining;
        }),
      );
    });
    expect((await run(program as never)).codes).toEqual(CIRCLE);
  });

  test('a fiber that nobody waits for leaves nothing behind, also when it has ended at once', async () => {
    const program = latest.Effect.gen(function* () {
      const stock = yield* latest.Semaphore.make(1);
      const ledger = yield* latest.Semaphore.make(1);
      yield* ledger.withPermits(1)(stock.withPermits(1)(pause4()));
      const count = ledger.withPermits(1)(latest.Effect.void);
      yield* stock.withPermits(1)(
        latest.Effect.gen(function* () {
          yield* latest.Effect.forkDetach(count, { startImmediately: true });
          yield* latest.Effect.promise(async () => {
            void latest.Effect.runPromise(count);
          });
          yield* pause4();
        }),
      );
      yield* pause4();
    });
    expect((await run(program as never)).codes).toEqual([]);
  });

  test('the semaphores that effect makes for itself are not watched', async () => {
    const program = latest.Effect.gen(function* () {
      const lock = yield* latest.Semaphore.make(1);
      const ref = yield* latest.SynchronizedRef.make(0);
      const update = latest.SynchronizedRef.updateEffect(ref, () => latest.Effect.as(pause4(), 1));
      yield* lock.withPermits(1)(update);
      yield* latest.SynchronizedRef.updateEffect(ref, () => lock.withPermits(1)(latest.Effect.succeed(1)));
    });
    expect((await run(program as never)).codes).toEqual([]);
  });

  test('observers that are taken back are called no more', async () => {
    const [failing, slow] = [latest.Effect.fail('no'), latest.Effect.sleep(5)].map((each) =>
      latest.Effect.runFork(each),
    );
    const program = latest.Fiber.joinAll([slow, failing] as never);
    expect(await latest.Effect.runPromise(latest.Effect.flip(program as never))).toBe('no');
    expect((slow as unknown as { _observers: unknown[] })._observers).toEqual([]);
  });

  test('another version is left alone, and uninstall restores what is patched', async () => {
    const rebind = (): boolean => expect.unreachable('nothing is replaced');
    const makers = { makeUnsafe: latest.Semaphore.makeUnsafe };
    expect(effect.patch({ FiberImpl: class {} } as never, rebind, 'dist/internal/effect.js')).toBeNull();
    expect(effect.patch(makers, rebind, 'dist/Semaphore.js')).toBeNull();

    const prototype = Object.getPrototypeOf(latest.Effect.runFork(latest.Effect.void)) as Record<string, unknown>;
    const names = ['evaluate', 'addObserver', 'removeObserver', 'interruptUnsafe', 'pollUnsafe'];
    const watched = names.map((name) => prototype[name]);
    const { make } = latest.Semaphore;
    currentInstallation()?.uninstall();
    for (const [at, name] of names.entries()) expect(prototype[name]).not.toBe(watched[at]);
    expect(latest.Semaphore.make).not.toBe(make);
    const lock = latest.Semaphore.makeUnsafe(1);
    expect(await latest.Effect.runPromise(lock.withPermits(1)(latest.Effect.succeed('ran')))).toBe('ran');
    install();
  });
});
