import { expect, test } from 'vitest';
import { PromiseHookAttribution } from '../../instrument/attribution/promise-hooks.ts';
import { Session } from '../../src/core/session.ts';
import { attachSession, detachSession } from '../../src/sync/hooks.ts';
import { Mutex } from '../../src/sync/user/mutex.ts';
import { RwLock } from '../../src/sync/user/rw-lock.ts';
import { DeptTracker } from '../../src/tracker/dept.ts';

test('what is waited for after a downgrade is what the reader depends on', async () => {
  const session = new Session();
  const tracker = new DeptTracker(session);
  session.addObserver(tracker);
  attachSession(session, (fault) => {
    throw fault;
  });
  const attribution = new PromiseHookAttribution(session);
  attribution.install();
  try {
    const [lock, inner] = [new RwLock({ name: 'lock' }), new Mutex({ name: 'inner' })];
    const guard = await lock.writeLock();
    lock.downgrade(guard);
    (await inner.lock()).release();
    guard.release();
    const learnt = [...tracker.store].map(({ from, to }) => `${from.key.name}:${from.sub}->${to.key.name}`);
    expect(learnt).toContain('lock:8->inner');
  } finally {
    attribution.uninstall();
    detachSession();
  }
});
