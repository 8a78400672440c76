import { isObject } from '../../src/core/thenable.ts';
import { placeOfCreation } from '../first-use.ts';
import { standIn } from '../patches/stand-in.ts';
import { keyOfArguments } from '../shapes/argument-key.ts';
import { type Func, KeptPromises } from '../shapes/kept-promises.ts';
import type { LibraryAdapter } from './adapter.ts';

/** A decorator of a method or a getter. */
type Decorator = (target: unknown, name: unknown, descriptor: PropertyDescriptor) => unknown;
type Decorate = (...args: unknown[]) => Decorator;

/** typescript-memoize 1: each instance keeps what the method gives. Where that is a promise, all who ask share it. */
export const typescriptMemoize: LibraryAdapter = {
  name: 'typescript-memoize',
  versions: '>=1.0.0 <2.0.0',
  rebinds: ['Memoize', 'MemoizeExpiring'],
  patch(_exports, rebind) {
    const watched = (decorate: Decorate): Decorate =>
      standIn(decorate, (self, args) => {
        const decorator = Reflect.apply(decorate, self, args);
        return typeof decorator === 'function' ? watching(decorator) : decorator;
      });
    const found = ['Memoize', 'MemoizeExpiring'].map((name) => rebind<Decorate>(name, watched));
    return found.includes(true) ? () => undefined : null;
  },
};

function watching(decorator: Decorator): Decorator {
  return standIn(decorator, (self, args) => {
    const [, name, descriptor] = args;
    if (isObject(descriptor)) watch(descriptor, String(name));
    return Reflect.apply(decorator, self, args as Parameters<Decorator>);
  });
}

function watch(descriptor: PropertyDescriptor, name: string): void {
  const place = placeOfCreation(name);
  if (place === null) return;
  const field = descriptor.value == null ? 'get' : 'value';
  const method: unknown = descriptor[field];
  if (typeof method !== 'function') return;
  const instances = new WeakMap<object, Func>();
  descriptor[field] = standIn(method, (self, args) => {
    if (!isObject(self)) return Reflect.apply(method, self, args);
    const known = instances.get(self) ?? new KeptPromises(method as Func, { ...place, name }, keyOfArguments).calling;
    instances.set(self, known);
    return Reflect.apply(known, self, args);
  }) as never;
}
