import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Mutex } from '../../../../src/sync/index.ts';
import { LibraryStage, latest, previous, turn } from './library-stage.ts';

interface App {
  register(plugin: (app: App, options: object, done: (error?: Error) => void) => unknown): App & PromiseLike<App>;
  ready(): Promise<unknown>;
  after(): Promise<unknown>;
  listen(options: object): Promise<unknown>;
  inject(url: string): Promise<{ statusCode: number }>;
  close(): Promise<unknown>;
  addHook(name: string, hook: (...args: never[]) => unknown): App;
}

let stage: LibraryStage;
beforeEach(() => {
  stage = new LibraryStage();
});
afterEach(() => stage[Symbol.dispose]());

const SELF = ['DEPT002 error plugins of the application'];

describe.each([
  ['fastify 5 with avvio 9', latest],
  ['fastify 4 with avvio 8', previous],
])('%s', (_name, require) => {
  let make: (options?: object) => App;
  beforeEach(() => {
    make = require('fastify') as typeof make;
  });

  /** What is found while an application starts that never gets ready. */
  async function foundAtStart(app: App): Promise<readonly string[]> {
    void app.ready().then(
      () => undefined,
      () => undefined,
    );
    return stage.found();
  }

  test.each<[string, (inner: App, app: App) => Promise<unknown>]>([
    ['ready() of its own', (inner) => inner.ready()],
    ['what hands ready() on', async (inner) => inner.ready()],
    ['ready() of the application', (_inner, app) => app.ready()],
    ['listen()', (_inner, app) => app.listen({ port: 0 })],
    ['close()', (_inner, app) => app.close()],
  ])('a plugin that awaits %s waits for itself', async (_what, awaits) => {
    const app = make();
    app.register(async (inner) => void (await awaits(inner, app)));
    expect(await foundAtStart(app)).toEqual(SELF);
  });

  test('a plugin inside of another one that awaits ready() waits for itself', async () => {
    const app = make();
    app.register(async (outer) => {
      outer.register(async (inner) => void (await inner.ready()));
    });
    expect(await foundAtStart(app)).toEqual(SELF);
  });

  test('a plugin with a callback that awaits ready() before it calls back waits for itself', async () => {
    const app = make();
    app.register((inner, _options, done) => {
      void (async () => {
        await inner.ready();
        done();
      })();
    });
    expect(await foundAtStart(app)).toEqual(SELF);
  });

  test('a limit that the program has chosen ends the wait', async () => {
    const app = make({ pluginTimeout: 20 });
    app.register(async (inner) => void (await inner.ready()));
    const failed = expect(app.ready()).rejects.toThrow();
    expect(await stage.found()).toEqual([]);
    await failed;
    await app.close();
  });

  test('a lock that is held while the application starts, and that a plugin takes, is a circle in a run in which it was free', async () => {
    const lock = new Mutex({ name: 'lock' });
    const started = async (takesLock: boolean): Promise<void> => {
      const app = make();
      app.register((_inner, _options, done) => {
        void (async () => {
          await (takesLock ? lock.runExclusive(turn) : turn());
          done();
        })();
      });
      await app.ready();
    };
    await started(true);
    expect(await stage.found()).toEqual([]);
    await lock.runExclusive(() => started(false));
    expect(await stage.found()).toEqual(['DEPT001 error lock plugins of the application']);
  });

  test('a lock that is held while it is closed is none, as its plugins are loaded by then', async () => {
    const lock = new Mutex({ name: 'lock' });
    const app = make();
    app.register((_inner, _options, done) => {
      void (async () => {
        await lock.runExclusive(turn);
        done();
      })();
    });
    await app.ready();
    await lock.runExclusive(async () => {
      await app.ready();
      await app.close();
    });
    expect(await stage.found()).toEqual([]);
  });

  test('plugins that await after(), register() and each other are no circle, and it starts as ever', async () => {
    const order: string[] = [];
    const app = make();
    app.addHook('onReady', async () => void order.push('onReady'));
    app.addHook('onReady', ((done: () => void) => {
      order.push('onReady with a callback');
      done();
    }) as never);
    app.register(async (outer) => {
      await outer.register(async (inner) => {
        await turn();
        await inner.after();
        order.push('inner');
      });
      await outer.after();
      order.push('outer');
    });
    await app.register(async () => void order.push('second'));
    await app.after();
    order.push('loaded');
    app.register((_inner, _options, done) => {
      setImmediate(done);
    });
    await app.ready();
    await app.ready();
    expect((await app.inject('/')).statusCode).toBe(404);
    await app.close();
    expect(order).toEqual(['inner', 'outer', 'second', 'loaded', 'onReady', 'onReady with a callback']);
    expect(await stage.found()).toEqual([]);
    expect(stage.open).toEqual([]);
  });

  test('a plugin that does something when the application is ready, and does not wait for that, is none', async () => {
    let isReady = false;
    const app = make();
    app.register(async (inner) => {
      void inner.ready().then(() => {
        isReady = true;
      });
      await sleep(5);
    });
    await app.listen({ port: 0 });
    await app.close();
    expect(isReady).toBe(true);
    expect(await stage.found()).toEqual([]);
  });

  test('functions, hooks and errors are those of fastify', async () => {
    const app = make();
    expect(() => app.addHook('onReady', async (_done: unknown) => undefined)).toThrow('Async function');
    expect(app.ready.name).toBe('ready');
    app.register(async () => {
      throw new Error('no plugin');
    });
    await expect(app.ready()).rejects.toThrow('no plugin');
    expect(await stage.found()).toEqual([]);
    expect(stage.open).toEqual([]);
  });
});

describe.each([
  ['avvio 9', latest],
  ['avvio 8', previous],
])('%s alone', (_name, require) => {
  interface Boot {
    use(plugin: (server: object, options: object) => Promise<unknown>): Boot;
    ready(): Promise<unknown>;
    close(): Promise<unknown>;
  }
  let app: Boot;
  beforeEach(() => {
    app = (require('avvio') as () => Boot)();
  });

  test.each(['ready', 'close'] as const)('a plugin that awaits %s() waits for itself', async (method) => {
    app.use(async () => void (await app[method]()));
    void app.ready();
    expect(await stage.found()).toEqual(SELF);
  });

  test('one that does not is loaded as ever, and closed', async () => {
    const order: string[] = [];
    app.use(async () => {
      await turn();
      order.push('first');
    });
    app.use(async () => void order.push('second'));
    await app.ready();
    await app.close();
    expect(order).toEqual(['first', 'second']);
    expect(await stage.found()).toEqual([]);
    expect(stage.open).toEqual([]);
  });
});
