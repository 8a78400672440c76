import { describe, expect, test } from 'vitest';
import { LibraryStage, next, turn } from './library-stage.ts';

type Module = typeof import('@rocicorp/lock');

const VERSIONS: readonly [version: string, load: () => Promise<Module>][] = [
  ['1', () => import('@rocicorp/lock')],
  // It needs Node 22.
  ...('withResolvers' in Promise
    ? [['2', () => import(next.resolve('@rocicorp/lock'))] as [string, () => Promise<Module>]]
    : []),
];

describe.each(VERSIONS)('@rocicorp/lock %s', (_version, load) => {
  test('a lock that is taken again under itself never comes', async () => {
    using stage = new LibraryStage();
    const { Lock } = await load();
    const lock = new Lock();
    const again = async (): Promise<void> => {
      await lock.lock();
      await turn();
      await lock.lock();
    };
    void again();
    expect(await stage.found()).toEqual(['DEPT002 error lock']);
  });

  test('what is released right before the next lock is asked for is no order, and a release counts once', async () => {
    using stage = new LibraryStage();
    const { Lock } = await load();
    const [one, other] = [new Lock(), new Lock()];
    const release = await one.lock();
    expect([release.name, release.length]).toEqual(['', 1]);
    release();
    const next = await other.lock();
    release();
    const again = await one.lock();
    again();
    next();
    const first = await one.lock();
    first();
    const second = await other.lock();
    second();
    expect(await stage.found()).toEqual([]);
    expect(stage.open).toEqual([]);
  });

  test('two orders are a circle, in whatever way the locks are taken', async () => {
    using stage = new LibraryStage();
    const { Lock } = await load();
    const [accounts, audit] = [new Lock(), new Lock()];
    await accounts.withLock(() => audit.withLock(() => undefined));
    const release = await audit.lock();
    (await accounts.lock())();
    release();
    expect(await stage.found()).toEqual(['DEPT001 error accounts audit']);
  });

  test('a reader that becomes a writer waits for itself', async () => {
    using stage = new LibraryStage();
    const { RWLock } = await load();
    const stock = new RWLock();
    const reserve = async (): Promise<void> => {
      await stock.withRead(async () => {
        await turn();
        await stock.withWrite(() => undefined);
      });
    };
    void reserve();
    expect(await stage.found()).toEqual(['DEPT002 error stock']);
  });

  test('readers and writers one after the other are nothing', async () => {
    using stage = new LibraryStage();
    const { RWLock } = await load();
    const stock = new RWLock();
    const log: string[] = [];
    const read = (): Promise<void> =>
      stock.withRead(async () => {
        log.push('read');
        await turn();
      });
    const write = async (): Promise<void> => {
      const release = await stock.write();
      log.push('write');
      await turn();
      release();
    };
    await Promise.all([read(), read(), write(), read(), write()]);
    expect(log).toEqual(['read', 'read', 'write', 'read', 'write']);
    expect(await stage.found()).toEqual([]);
    expect(stage.open).toEqual([]);
  });

  test('a reader that reads again may meet a writer in between', async () => {
    using stage = new LibraryStage();
    const { RWLock } = await load();
    const stock = new RWLock();
    await stock.withRead(() => stock.withRead(() => undefined));
    expect(await stage.found()).toEqual(['DEPT001 error stock']);
  });

  test('the methods that were there come back when nobody watches any more', async () => {
    const { Lock, RWLock } = await load();
    const methods = (): unknown[] => [Lock, RWLock].map((made) => Object.getOwnPropertyDescriptors(made.prototype));
    const before = methods();
    {
      using _stage = new LibraryStage();
      expect(methods()).not.toEqual(before);
    }
    expect(methods()).toEqual(before);
  });
});
