import { inspect } from 'node:util';
import { createContext, runInContext } from 'node:vm';
import { afterEach, expect, test } from 'vitest';
import type { AttributionMode } from '../../instrument/attribution/attribution-mode.ts';
import { PromiseHookAttribution } from '../../instrument/attribution/promise-hooks.ts';
import { Session } from '../../src/core/session.ts';
import { attachSession, detachSession } from '../../src/sync/hooks.ts';
import { Mutex } from '../../src/sync/user/mutex.ts';
import { DeptTracker } from '../../src/tracker/dept.ts';

let undo: () => void = () => undefined;
afterEach(() => undo());

function attach(mode: AttributionMode): void {
  const session = new Session();
  const attribution = new PromiseHookAttribution(session, mode);
  session.addObserver(new DeptTracker(session));
  attribution.install();
  attachSession(session, (fault) => {
    throw fault;
  });
  undo = () => {
    detachSession(session);
    attribution.uninstall();
  };
}

test.each(['precise', 'dynamic'] as const)('%s: nobody can see on a promise that it is followed', async (mode) => {
  attach(mode);
  const mutex = new Mutex({ name: 'mutex' });
  const guard = await mutex.lock();
  const made = (async () => {
    await Promise.resolve();
    return 1;
  })();
  const promises: Record<string, Promise<unknown>> = {
    made,
    reaction: made.then((n) => n + 1),
    all: Promise.all([made, made]),
    lock: mutex.lock(),
  };
  await promises['all'];
  guard.release();
  for (const [name, promise] of Object.entries(promises)) {
    await promise;
    expect(Reflect.ownKeys(promise), name).toEqual([]);
    expect(Object.isFrozen(Object.freeze(promise)), name).toBe(true);
    await promise;
  }
  expect(inspect(promises['reaction'])).toBe('Promise { 2 }');
});

test.each(['all', 'allSettled', 'any'] as const)(
  'Promise.%s rejects what cannot be iterated, as without dept',
  async (name) => {
    const join = (values: unknown): Promise<unknown> =>
      Reflect.apply(Promise[name], Promise, [values]) as Promise<unknown>;
    function* broken(): Generator<number> {
      yield 1;
      throw new RangeError('on purpose');
    }
    attach('precise');
    await expect(join(undefined)).rejects.toBeInstanceOf(TypeError);
    await expect(join(broken())).rejects.toBeInstanceOf(RangeError);
    expect(Promise[name].length).toBe(1);
  },
);

test.each(['all', 'allSettled', 'any'] as const)(
  'Promise.%s asks thenables and a resolve of its own in the same order as without dept',
  async (name) => {
    async function asked(): Promise<readonly string[]> {
      const log: string[] = [];
      const thenable = (value: string): object => ({
        // biome-ignore lint/suspicious/noThenProperty: a thenable is what this is about
        get then() {
          log.push(`get ${value}`);
          return (fulfil: (value: string) => void) => {
            log.push(`call ${value}`);
            fulfil(value);
          };
        },
      });
      class Asked extends Promise<unknown> {}
      const inherited = Reflect.get(Promise, 'resolve') as (...args: unknown[]) => Promise<never>;
      Asked.resolve = function resolve(this: unknown, ...args: unknown[]): Promise<never> {
        log.push(`resolve ${args.length} ${this === Asked}`);
        return Reflect.apply(inherited, this, args);
      };
      const values = [thenable('a'), Promise.resolve('b'), 'c', thenable('d')];
      for (const type of [Promise, Asked]) {
        const joined = Reflect.apply(type[name], type, [values]) as Promise<unknown>;
        log.push(`${joined.constructor === type} ${JSON.stringify(await joined)}`);
      }
      return log;
    }
    const expected = await asked();
    attach('precise');
    const guard = await new Mutex({ name: 'mutex' }).lock();
    expect(await asked()).toEqual(expected);
    guard.release();
  },
);

test('the promises of another realm are followed, and its Promise is left alone', async () => {
  attach('precise');
  const guard = await new Mutex({ name: 'mutex' }).lock();
  const realm = createContext({});
  const then: unknown = runInContext('Promise.prototype.then', realm);
  await (runInContext('(async () => { await null; })()', realm) as Promise<void>);
  guard.release();
  expect(runInContext('Promise.prototype.then', realm)).toBe(then);
});

interface DisposalStack {
  use(value: unknown): unknown;
  adopt(value: unknown, dispose: unknown): unknown;
  defer(dispose: unknown): unknown;
  move(): DisposalStack;
  disposeAsync(): Promise<void>;
}

const Stack = Reflect.get(globalThis, 'AsyncDisposableStack') as (new () => DisposalStack) | undefined;

test.skipIf(Stack === undefined)('an AsyncDisposableStack does what it does without dept', async () => {
  if (Stack === undefined) return;
  async function disposed(Type: new () => DisposalStack): Promise<readonly unknown[]> {
    const log: unknown[] = [];
    const attempt = (run: () => unknown): void => {
      try {
        log.push(run());
      } catch (error) {
        log.push((error as Error).name);
      }
    };
    const resource = {
      get [Symbol.asyncDispose](): undefined {
        log.push('get async');
        return undefined;
      },
      get [Symbol.dispose]() {
        log.push('get');
        return function dispose(this: unknown, ...args: unknown[]): void {
          log.push(['dispose', this === resource, args.length]);
        };
      },
    };
    const first = new Type();
    log.push(first.use(resource) === resource, first.use(null), first.use(undefined));
    for (const wrong of [1, {}, { [Symbol.asyncDispose]: 1 }]) attempt(() => first.use(wrong));
    attempt(() => first.adopt(1, (...args: unknown[]) => log.push(['adopted', ...args])));
    attempt(() => first.defer((...args: unknown[]) => log.push(['deferred', ...args])));
    attempt(() => first.defer(1));
    attempt(() => Reflect.apply(Reflect.get(first, 'use') as never, undefined, [resource]));
    const stack = first.move();
    attempt(() => first.defer(() => undefined));
    stack.defer(() => Promise.reject(new Error('on purpose')));
    log.push(await stack.disposeAsync().catch((error: unknown) => (error as Error).message));
    log.push(await stack.disposeAsync());
    log.push(Reflect.get(stack, Symbol.asyncDispose) === stack.disposeAsync);
    for (const name of Reflect.ownKeys(Type.prototype)) {
      const { value, ...attributes } = Object.getOwnPropertyDescriptor(Type.prototype, name) ?? {};
      log.push([name, attributes.enumerable, typeof value === 'function' ? [value.name, value.length] : null]);
    }
    return log;
  }
  const expected = await disposed(Stack);
  attach('precise');
  const guard = await new Mutex({ name: 'mutex' }).lock();
  expect(await disposed(Stack)).toEqual(expected);
  guard.release();
});
