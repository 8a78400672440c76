import { getEventListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NodeStage } from './node-stage.ts';

type Callback = (lock: object | null) => unknown;

interface Locks {
  request(name: string, callback: Callback): Promise<unknown>;
  request(name: string, options: object, callback: Callback): Promise<unknown>;
}

const hasLocks = Number(process.versions.node.split('.')[0]) >= 24;

describe.skipIf(!hasLocks)('navigator.locks', () => {
  let stage: NodeStage;
  let locks: Locks;

  beforeEach(() => {
    stage = new NodeStage();
    locks = (Reflect.get(globalThis, 'navigator') as { locks: Locks }).locks;
  });

  afterEach(() => stage.end());

  const nested = (outer: string, inner: string, options: object = {}): Promise<unknown> =>
    locks.request(outer, options, () => locks.request(inner, options, () => sleep(1)));

  test('two names in opposite orders can hang', async () => {
    await nested('drafts', 'session');
    await nested('session', 'drafts');
    expect(stage.messages).toEqual([
      expect.stringMatching(/^DEPT001 Two runs of nested \(\S+ and \S+\) can wait .* session and drafts/),
    ]);
  });

  test('one order cannot', async () => {
    await Promise.all([nested('a', 'b'), nested('a', 'b'), nested('b', 'c')]);
    expect(stage.messages).toEqual([]);
  });

  test('one of which gives up after some time is a warning', async () => {
    await nested('list', 'item', { signal: AbortSignal.timeout(5000) });
    await locks.request('item', () => locks.request('list', { signal: AbortSignal.timeout(5000) }, () => sleep(1)));
    expect(stage.findings.map(({ code, severity }) => `${code} ${severity}`)).toEqual(['DEPT001 warning']);
  });

  test('a request inside of its own lock hangs', () => {
    void nested('once', 'once');
    return sleep(5).then(() => {
      stage.confirm();
      expect(stage.messages).toEqual([expect.stringMatching(/^DEPT002 .*once/)]);
    });
  });

  test('two that share a lock and both want it for themselves hang, which is told once', async () => {
    const upgrade = (): Promise<unknown> =>
      locks.request('shared', { mode: 'shared' }, () => sleep(1).then(() => locks.request('shared', () => sleep(1))));
    void upgrade();
    void upgrade();
    await sleep(20);
    stage.confirm();
    expect(stage.messages).toEqual([expect.stringMatching(/^DEPT002 .*shared/)]);
    expect(stage.findings[0]?.openWaits).toHaveLength(1);
  });

  test('one that only asks whether it is free waits for nobody', async () => {
    await nested('x', 'y', { ifAvailable: true });
    await nested('y', 'x', { ifAvailable: true });
    let got: object | null = {};
    await locks.request('x', () =>
      locks.request('x', { ifAvailable: true }, (lock) => {
        got = lock;
      }),
    );
    expect(got).toBeNull();
    expect(stage.messages).toEqual([]);
    expect(stage.openHolds).toBe(0);
  });

  test('an aborted request waits no longer', async () => {
    const controller = new AbortController();
    let release = (): void => undefined;
    const held = locks.request('busy', () => new Promise<void>((done) => (release = done)));
    await sleep(1);
    const waiting = locks.request('busy', { signal: controller.signal }, () => undefined);
    expect(stage.openWaits).toBe(1);
    // Node's own.
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
    controller.abort();
    await expect(waiting).rejects.toThrow('abort');
    expect(stage.openWaits).toBe(0);
    release();
    await held;
    expect(stage.openHolds).toBe(0);
  });

  test('results and errors of callbacks come through', async () => {
    await expect(locks.request('r', () => 42)).resolves.toBe(42);
    await expect(locks.request('r', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(
      locks.request('r', () => {
        throw new Error('at once');
      }),
    ).rejects.toThrow('at once');
    await expect(locks.request('-bad', () => 1)).rejects.toThrow('hyphen');
    expect(stage.openHolds).toBe(0);
    expect(stage.openWaits).toBe(0);
  });
});
