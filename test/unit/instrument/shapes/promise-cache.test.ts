import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Installation, install } from '../../../../instrument/install.ts';
import { PromiseCache } from '../../../../instrument/shapes/promise-cache.ts';

let installation: Installation;

beforeEach(() => {
  installation = install();
});

afterEach(() => installation.uninstall());

const PLACE = { name: 'users', site: 'users.ts:1:1' };

test('caches that are made anew for each request share their names, and new keys do not add up', () => {
  const before = installation.session.classes.keyCount;
  for (let request = 0; request < 1000; request++) {
    const cache = new PromiseCache(PLACE);
    for (const key of [request, `name ${request}`])
      void cache.shared(
        key,
        cache.computed(key, async () => key),
      );
  }
  expect(installation.session.classes.keyCount - before).toBe(256);
});

test('a key that is known is watched in each of them', () => {
  for (let request = 0; request < 1000; request++) expect(new PromiseCache(PLACE).of(7)).not.toBeNull();
  expect(new PromiseCache({ ...PLACE, site: 'users.ts:2:1' }).of(8)).not.toBeNull();
});
