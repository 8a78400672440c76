import { afterEach, beforeEach, expect, test } from 'vitest';
import { currentInstallation, install } from '../../../instrument/install.ts';
import { Mutex } from '../../../src/sync/user/mutex.ts';

beforeEach(() => void install());
afterEach(() => currentInstallation()?.uninstall());

async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn++) await Promise.resolve();
}

/** All who have come go on when the last one comes: their histories are one with his from then on. */
function meetingOf(parties: number): () => Promise<void> {
  let arrived = 0;
  let open = (): void => undefined;
  const all = new Promise<void>((resolve) => {
    open = resolve;
  });
  return () => {
    if (++arrived === parties) open();
    return all;
  };
}

async function told(): Promise<string[]> {
  await turns();
  const { waitsFor, findings } = currentInstallation() ?? expect.unreachable('nothing is installed');
  waitsFor.confirm(true);
  return findings.map(({ code, message }) => `${code} ${message}`);
}

test('two who have met and then ask for what the other one has are in one circle', async () => {
  const [catalog, billing] = [new Mutex({ name: 'catalog' }), new Mutex({ name: 'billing' })];
  const meet = meetingOf(2);
  async function holding(first: Mutex, second: Mutex, comesAfter: number): Promise<void> {
    const guard = await first.lock();
    await turns(comesAfter);
    await meet();
    await second.lock();
    guard.release();
  }
  async function publish(): Promise<void> {
    await holding(catalog, billing, 1);
  }
  async function charge(): Promise<void> {
    await holding(billing, catalog, 3);
  }
  void Promise.all([publish(), charge()]);
  expect(await told()).toEqual([
    expect.stringMatching(/^DEPT002 (publish and charge|charge and publish) wait for each/),
  ]);
});

test('who waits for what somebody has whom he has met, and who is in a circle with a third one, is behind that', async () => {
  const [desk, door, key] = ['desk', 'door', 'key'].map((name) => new Mutex({ name })) as [Mutex, Mutex, Mutex];
  const meet = meetingOf(2);
  async function visitor(): Promise<void> {
    const guard = await desk.lock();
    await meet();
    await door.lock();
    guard.release();
  }
  async function porter(): Promise<void> {
    const guard = await door.lock();
    await turns(3);
    await meet();
    await key.lock();
    guard.release();
  }
  async function locksmith(): Promise<void> {
    const guard = await key.lock();
    await turns(8);
    await door.lock();
    guard.release();
  }
  void Promise.all([visitor(), porter(), locksmith()]);
  expect(await told()).toEqual([expect.stringMatching(/^DEPT002 (porter and locksmith|locksmith and porter) /)]);
});

test('who has started others beside and asks for the same again waits for himself', async () => {
  const [desk, door] = [new Mutex({ name: 'desk' }), new Mutex({ name: 'door' })];
  async function porter(): Promise<void> {
    const guard = await door.lock();
    const other = await desk.lock();
    await Promise.all([door.lock(), turns()]);
    other.release();
    guard.release();
  }
  void porter();
  expect(await told()).toEqual([expect.stringMatching(/^DEPT002 porter waits for ever: .* door again/)]);
});
