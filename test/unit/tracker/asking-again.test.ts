import { afterEach, beforeEach, expect, test } from 'vitest';
import { currentInstallation, install } from '../../../instrument/install.ts';
import { Mutex } from '../../../src/sync/user/mutex.ts';

beforeEach(() => void install());
afterEach(() => currentInstallation()?.uninstall());

async function helpOf(program: () => Promise<unknown>): Promise<readonly string[]> {
  void program();
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  const { waitsFor, findings } = currentInstallation() ?? expect.unreachable('nothing is installed');
  waitsFor.confirm(true);
  expect(findings.map(({ code }) => code)).toEqual(['DEPT002']);
  return findings.flatMap(({ help }) => help);
}

test('who asks in the same call as before has forgotten to give it back', async () => {
  const page = new Mutex({ name: 'page' });
  async function convert(file: string): Promise<void> {
    const guard = await page.lock();
    if (file === 'broken') throw new Error('cannot be read');
    guard.release();
  }
  const [first] = await helpOf(async () => {
    for (const file of ['broken', 'whole']) await convert(file).catch(() => undefined);
  });
  expect(first).toMatch(/^If it should have been given back by then: a release is missing behind \[S\]/);
});

test('who asks inside of what he does holds it still', async () => {
  const page = new Mutex({ name: 'page' });
  async function convert(depth: number): Promise<void> {
    const guard = await page.lock();
    if (depth > 0) await convert(depth - 1);
    guard.release();
  }
  const [first] = await helpOf(() => convert(1));
  expect(first).toMatch(/^Do not take page again while it is held/);
});
