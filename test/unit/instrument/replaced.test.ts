import { expect, test } from 'vitest';
import { replaced, replacedGetter } from '../../../instrument/patches/replaced.ts';

const twice = (original: () => number) => (): number => 2 * original();

test('a method is replaced and restored with its attributes', () => {
  const owner = Object.defineProperty({} as { size(): number }, 'size', { value: () => 3, configurable: true });
  const before = Object.getOwnPropertyDescriptor(owner, 'size');
  const restore = replaced(owner, 'size', twice);
  expect([owner.size(), Object.keys(owner)]).toEqual([6, []]);
  restore();
  expect(Object.getOwnPropertyDescriptor(owner, 'size')).toEqual(before);
});

test.each([
  ['fixed', Object.defineProperty({}, 'size', { value: () => 3 })],
  ['in a frozen object', Object.freeze({ size: () => 3 })],
  ['inherited by one that takes no more properties', Object.preventExtensions(Object.create({ size: () => 3 }))],
])('a method that is %s is left alone', (_, made) => {
  const owner = made as { size(): number };
  const restore = replaced(owner, 'size', twice);
  expect(owner.size()).toBe(3);
  restore();
  expect(owner.size()).toBe(3);
});

test('so is a getter', () => {
  const owner = Object.freeze(Object.defineProperty({} as { readonly size: number }, 'size', { get: () => 3 }));
  replacedGetter(owner, 'size', () => () => 6)();
  expect(owner.size).toBe(3);
});
