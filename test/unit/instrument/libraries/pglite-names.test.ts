import { createRequire } from 'node:module';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { currentInstallation, install } from '../../../../instrument/install.ts';

const require = createRequire(import.meta.url);
beforeAll(() => void install());
afterAll(() => currentInstallation()?.uninstall());

test('databases that are made with PGlite.create are called as the program calls them', {
  timeout: 60_000,
}, async () => {
  const { PGlite } = require('@electric-sql/pglite') as typeof import('@electric-sql/pglite');
  const catalog = await PGlite.create();
  const billing = await PGlite.create();
  await catalog.transaction(async () => {
    await billing.query('select 1');
  });
  await billing.transaction(async () => {
    await catalog.query('select 2');
  });
  const circles = currentInstallation()?.findings.map(({ circle }) => circle.map(({ from }) => from.key.name).sort());
  expect(circles).toEqual([['billing (transaction)', 'catalog (transaction)']]);
  await catalog.close();
  await billing.close();
});
