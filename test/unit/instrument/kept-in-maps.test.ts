import { afterEach, expect, test } from 'vitest';
import { KeptInMaps } from '../../../instrument/promises/kept-in-maps.ts';

let restore = (): void => undefined;

afterEach(() => restore());

test('a promise in a map is pending until it is settled', async () => {
  const kept = new KeptInMaps();
  restore = kept.install();
  const map = new Map<string, unknown>([['value', Promise.resolve({})]]);
  expect(kept.hasPending).toBe(false);
  let settle = (): void => undefined;
  map.set(
    'late',
    new Promise<void>((resolve) => {
      settle = resolve;
    }),
  );
  expect(kept.hasPending).toBe(true);
  settle();
  expect(kept.hasPending).toBe(false);
});

test('maps stay what they were', () => {
  const current = (): unknown => Object.getOwnPropertyDescriptor(Map.prototype, 'set')?.value;
  const set = current() as (key: unknown, value: unknown) => unknown;
  restore = new KeptInMaps().install();
  const map = new Map<unknown, unknown>();
  expect(map.set(null, null).set('key', undefined)).toBe(map);
  expect([...map.keys()]).toEqual([null, 'key']);
  expect(current()).not.toBe(set);
  const { name, length } = current() as typeof set;
  expect([name, length]).toEqual(['set', 2]);
  expect(() => Reflect.apply(current() as typeof set, {}, ['key', 1])).toThrow(TypeError);
  restore();
  expect(current()).toBe(set);
});
