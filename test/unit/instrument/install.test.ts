import { createRequire } from 'node:module';
import { afterEach, describe, expect, test } from 'vitest';
import { chosen } from '../../../instrument/choices.ts';
import { DEFAULT_CONFIG } from '../../../instrument/config.ts';
import { currentInstallation, type Installation, install } from '../../../instrument/install.ts';
import { joinInstallation } from '../../../instrument/second-install.ts';
import { withTracker } from '../../../instrument/with-tracker.ts';
import { NEVER } from '../../../src/core/ids.ts';
import { activeSession, failed } from '../../../src/sync/hooks.ts';
import { Mutex } from '../../../src/sync/user/mutex.ts';
import { unknownLibraryFinding } from '../../../src/tracker/notices.ts';

const require = createRequire(import.meta.url);

afterEach(() => currentInstallation()?.uninstall());

async function abba(first: Mutex, second: Mutex): Promise<void> {
  await first.runExclusive(() => second.runExclusive(() => undefined));
  await second.runExclusive(() => first.runExclusive(() => undefined));
}

function codes({ findings }: Pick<Installation, 'findings'>): readonly string[] {
  return findings.map(({ code }) => code);
}

function globals(): readonly unknown[] {
  const { setTimeout, setInterval, setImmediate, queueMicrotask } = globalThis;
  const Module = require('node:module') as { prototype: object };
  return [
    setTimeout,
    setInterval,
    setImmediate,
    queueMicrotask,
    Reflect.get(process, 'nextTick'),
    Reflect.get(Promise, 'all'),
    Object.getOwnPropertyDescriptor(Module.prototype, 'loaded'),
  ];
}

describe('install', () => {
  test.each([
    [{ rules: 'bsd' }, 'install(): rules is "bsd"; it must be dept or linux.'],
    [{ attribution: true }, 'install(): attribution is true; it must be precise, dynamic or light.'],
    [{ limits: { maxFindings: 'many' } }, 'limits of install(): maxFindings is "many"; it must be a number from 0.'],
    [{ limits: { maxClases: 1 } }, 'limits of install(): there is no option maxClases; did you mean maxClasses?'],
    [{ ruels: 'linux' }, 'install(): there is no option ruels; did you mean rules?'],
    ['linux', expect.stringContaining('install(): the options are "linux"; they must be an object with rules, ')],
    [null, expect.stringContaining('install(): the options are null')],
    [{ onFinding: 1 }, 'install(): onFinding is 1; it must be a function.'],
    [{ hookLoaders: 'no' }, 'install(): hookLoaders is "no"; it must be true or false.'],
    [{ sinks: [{}] }, 'install(): sinks is a list; it must be a list of objects with a method write.'],
    [
      { suppressions: [{ fingerprint: 'DEPT001', reason: 'known' }] },
      expect.stringContaining('install(): suppressions is a list; it must be a list of { fingerprint, reason }'),
    ],
  ])('refuses %j', (options, message) => {
    expect(() => Reflect.apply(install, null, [options])).toThrow(
      expect.objectContaining({ code: 'ERR_DEPT_BAD_OPTION', message }),
    );
    expect(currentInstallation()).toBeNull();
  });

  test('takes an option that is undefined for one that was not given', () => {
    expect(chosen({ rules: undefined, ownLocks: undefined } as object)).toEqual(DEFAULT_CONFIG);
  });

  test('returns the first installation while there is one', () => {
    const first = install();
    expect(install()).toBe(first);
    first.uninstall();
    expect(install()).not.toBe(first);
  });

  test('hears of findings in a second call, each function and sink once, without what that call suppresses', () => {
    const codes: string[] = [];
    const add = (from: string) => (finding: { code: string }) => void codes.push(`${from} ${finding.code}`);
    const [first, second, sink] = [add('first'), add('second'), { write: add('sink') }];
    const installation = install({ onFinding: first });
    const notice = unknownLibraryFinding('a', '1.0.0', '2', 'dept', NEVER);
    const other = unknownLibraryFinding('b', '1.0.0', '2', 'dept', NEVER);
    const onSuppressed = add('suppressed');
    const suppressions = [{ fingerprint: other.fingerprint, reason: 'known' }];
    for (let i = 0; i < 2; i++) install({ onFinding: second, sinks: [sink], suppressions, onSuppressed });
    install({ onFinding: first });
    installation.report(notice);
    installation.report(other);
    expect(codes).toEqual(['first DEPT009', 'sink DEPT009', 'second DEPT009', 'first DEPT009', 'suppressed DEPT009']);
  });

  test('a second call says which of its options come too late', () => {
    const first = { rules: 'linux', limits: { maxStackFrames: 5 } } as const;
    const installation = install(first);
    const later = (options: object) => joinInstallation(installation, { ...first, ownLocks: true }, options);
    expect(later({ ...first, ownLocks: undefined, onFinding: () => undefined })).toBeNull();
    expect(later({ rules: 'dept' })).toBe('dept: install(): dept is installed already, so rules has no effect.\n');
    expect(later({ limits: {}, onFault: () => undefined })).toContain('so limits and onFault have no effect.');
  });

  test('uninstall restores every global, and a second call changes nothing', () => {
    const before = globals();
    const first = install();
    expect(globals()).not.toEqual(before);
    first.uninstall();
    expect(globals()).toEqual(before);
    expect(activeSession()).toBeNull();
    const second = install();
    const patched = globals();
    first.uninstall();
    expect(globals()).toEqual(patched);
    expect(activeSession()).toBe(second.session);
    expect(currentInstallation()).toBe(second);
  });

  test('the same locks are watched again by each installation, from nothing', async () => {
    const [a, b] = [new Mutex({ name: 'a' }), new Mutex({ name: 'b' })];
    for (let round = 0; round < 3; round++) {
      const installation = install();
      await abba(a, b);
      expect(codes(installation)).toEqual(['DEPT001']);
      installation.uninstall();
      await abba(a, b);
      expect(codes(installation)).toEqual(['DEPT001']);
    }
  });

  test('a package that is loaded already is patched again', async () => {
    install().uninstall();
    install();
    const { Mutex: LibraryMutex } = require('async-mutex') as typeof import('async-mutex');
    const [stock, ledger] = [new LibraryMutex(), new LibraryMutex()];
    const orders = async (): Promise<void> => {
      await stock.runExclusive(() => ledger.runExclusive(() => undefined));
      await ledger.runExclusive(() => stock.runExclusive(() => undefined));
    };
    await orders();
    const first = currentInstallation() as Installation;
    expect(codes(first)).toEqual(['DEPT001']);
    first.uninstall();
    const second = install();
    await orders();
    expect(codes(second)).toEqual(['DEPT001']);
    expect(codes(first)).toEqual(['DEPT001']);
  });

  test('what is held across installations is released without harm', async () => {
    const [a, b] = [new Mutex({ name: 'a' }), new Mutex({ name: 'b' })];
    const first = install();
    const guard = await a.lock();
    const waiting = b.runExclusive(() => a.lock());
    first.uninstall();
    const second = install();
    guard.release();
    (await waiting).release();
    await abba(a, b);
    expect(codes(first)).toEqual([]);
    expect(codes(second)).toEqual(['DEPT001']);
  });

  test('takes off what a fault left behind, and starts anew', async () => {
    const before = globals();
    const first = install();
    failed(new Error('on purpose'));
    expect(codes(first)).toEqual(['DEPT009']);
    const second = install();
    expect(second).not.toBe(first);
    await abba(new Mutex({ name: 'a' }), new Mutex({ name: 'b' }));
    expect(codes(second)).toEqual(['DEPT001']);
    second.uninstall();
    expect(globals()).toEqual(before);
  });

  test('tells listeners until they stop', async () => {
    const installation = install();
    const heard: string[] = [];
    const stop = installation.listen(({ code }) => heard.push(code));
    await abba(new Mutex({ name: 'a' }), new Mutex({ name: 'b' }));
    stop();
    await abba(new Mutex({ name: 'c' }), new Mutex({ name: 'd' }));
    expect(heard).toEqual(['DEPT001']);
    expect(installation.findings).toHaveLength(2);
  });
});

describe('withTracker', () => {
  test('finds for itself and leaves the installation alone', async () => {
    const outer = install();
    const [a, b] = [new Mutex({ name: 'a' }), new Mutex({ name: 'b' })];
    for (let round = 0; round < 2; round++) {
      const tracked = await withTracker(() => abba(a, b));
      expect(tracked).toMatchObject({ settled: true, openWaits: [] });
      expect(codes(tracked)).toEqual(['DEPT001']);
    }
    expect(activeSession()).toBe(outer.session);
    expect(codes(outer)).toEqual([]);
    await abba(a, b);
    expect(codes(outer)).toEqual(['DEPT001']);
  });

  test('needs no installation', async () => {
    const before = globals();
    const tracked = await withTracker(() => abba(new Mutex({ name: 'a' }), new Mutex({ name: 'b' })));
    expect(codes(tracked)).toEqual(['DEPT001']);
    expect(globals()).toEqual(before);
    expect(activeSession()).toBeNull();
  });

  test('a lock that is held around it and released inside is not held afterwards', async () => {
    const outer = install();
    const [a, b] = [new Mutex({ name: 'a' }), new Mutex({ name: 'b' })];
    const guard = await a.lock();
    await withTracker(() => guard.release());
    await b.runExclusive(() => undefined);
    await b.runExclusive(() => a.runExclusive(() => undefined));
    expect(codes(outer)).toEqual([]);
  });

  test('what is owed outside goes on afterwards', async () => {
    const outer = install();
    const [a, b] = [new Mutex({ name: 'a' }), new Mutex({ name: 'b' })];
    await a.runExclusive(async () => {
      await withTracker(() => b.runExclusive(() => undefined));
      await b.runExclusive(() => undefined);
    });
    await b.runExclusive(() => a.runExclusive(() => undefined));
    expect(codes(outer)).toEqual(['DEPT001']);
  });

  test('ends a function that deadlocks, and says who waits', async () => {
    const [a, b] = [new Mutex({ name: 'a' }), new Mutex({ name: 'b' })];
    const take = async (first: Mutex, second: Mutex): Promise<void> => {
      await first.lock();
      await Promise.resolve();
      await second.lock();
    };
    const tracked = await withTracker(() => Promise.all([take(a, b), take(b, a)]), { confirmAfterMs: 1 });
    expect(codes(tracked)).toContain('DEPT002');
    expect(tracked).toMatchObject({ settled: false, value: undefined });
    expect(tracked.openWaits.map(({ contextName, objectLabel }) => [contextName, objectLabel])).toEqual([
      ['take', 'b'],
      ['take', 'a'],
    ]);
  });

  test('passes on results and errors', async () => {
    expect(await withTracker(() => 7)).toMatchObject({ value: 7, settled: true, findings: [] });
    const broken = withTracker(() => {
      throw new Error('broken on purpose');
    });
    await expect(broken).rejects.toThrow('broken on purpose');
    expect(activeSession()).toBeNull();
  });

  test('refuses to be nested or to run twice at once', async () => {
    const nested = withTracker(() => withTracker(() => 1));
    const second = withTracker(() => 2);
    await expect(nested).rejects.toMatchObject({ code: 'ERR_DEPT_NESTED_TRACKER' });
    await expect(second).rejects.toMatchObject({ code: 'ERR_DEPT_NESTED_TRACKER' });
    expect(await withTracker(() => 3)).toMatchObject({ value: 3 });
  });
});
