import { afterEach, expect, test } from 'vitest';
import { currentInstallation, install } from '../../../instrument/install.ts';
import { RwLock } from '../../../src/index.ts';

afterEach(() => currentInstallation()?.uninstall());

async function told(use: (users: RwLock, groups: RwLock) => Promise<void>): Promise<readonly string[]> {
  const installation = install();
  await use(new RwLock({ name: 'users' }), new RwLock({ name: 'groups' }));
  installation.waitsFor.confirm(true);
  return installation.findings.flatMap(({ message, help }) => [message, ...help]);
}

test('who reads again is told of the writer that may come in between', async () => {
  const [message, ...help] = await told(async (users) => {
    const outer = await users.readLock();
    const inner = await users.readLock();
    inner.release();
    outer.release();
  });
  expect(message).toMatch(/asks for users again while it holds it\.$/);
  expect(help).toEqual([
    expect.stringMatching(
      /^Do not take users again while it is held, not even to read: a writer that comes in between/,
    ),
    expect.stringMatching(/^Split off an inner function/),
  ]);
});

test('who asks to write while he reads is told to give it back first', async () => {
  const [message, ...help] = await told(async (users) => {
    await users.readLock();
    void users.writeLock();
  });
  expect(message).toMatch(/: it asks to write users while it reads it\.$/);
  expect(help).toEqual([expect.stringMatching(/^Release users before asking to write it/)]);
});

test('readers that wait for each other do so through writers, which is said; others wait by themselves', async () => {
  const cross = (first: 'readLock' | 'writeLock') =>
    told(async (users, groups) => {
      for (const [outer, inner] of [
        [users, groups],
        [groups, users],
      ] as const) {
        const held = await outer[first]();
        (await inner.readLock()).release();
        held.release();
      }
    });
  const through = expect.stringMatching(/^All of them read: they wait for each other through writers/);
  expect(await cross('readLock')).toContainEqual(through);
  currentInstallation()?.uninstall();
  expect(await cross('writeLock')).not.toContainEqual(through);
});
