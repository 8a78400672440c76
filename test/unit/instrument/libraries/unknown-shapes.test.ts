import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Installation, install } from '../../../../instrument/install.ts';
import type { LibraryAdapter } from '../../../../instrument/libraries/adapter.ts';
import { LIBRARY_ADAPTERS } from '../../../../instrument/libraries/index.ts';

type Exports = Record<string, unknown>;
type Method = (this: unknown, ...args: unknown[]) => unknown;

const FILES = ['', 'index.js', 'lib/lockfile.js', 'internal/queue.js', 'promise.js', 'dist/esm/Effect.js'];
const none = (): boolean => false;

/** What an adapter looks for: names of exports, and of methods of classes that have the given ones. */
class Questions {
  readonly exports = new Set<string>();
  readonly methods = new Set<string>();

  constructor(adapter: LibraryAdapter) {
    let known = -1;
    while (known < this.methods.size) {
      known = this.methods.size;
      for (const file of FILES) {
        adapter.patch(this.#module({}), none, file)?.();
        adapter.patch(this.#module(this.#class()), none, file)?.();
      }
    }
  }

  #module(target: object): Exports {
    return new Proxy(target, {
      get: (of, name, receiver) => {
        if (typeof name !== 'string' || name === 'prototype') return Reflect.get(of, name, receiver);
        this.exports.add(name);
        return this.#class();
      },
    }) as Exports;
  }

  #class(): object {
    const note = (name: string | symbol): void => {
      if (typeof name === 'string' && !(name in Object.prototype)) this.methods.add(name);
    };
    const methods = Object.fromEntries([...this.methods].map((name) => [name, () => undefined]));
    const made = function Class(): void {};
    made.prototype = new Proxy(methods, {
      get: (of, name, receiver) => {
        note(name);
        return Reflect.get(of, name, receiver);
      },
      getOwnPropertyDescriptor: (of, name) => {
        note(name);
        return Reflect.getOwnPropertyDescriptor(of, name);
      },
    });
    return made;
  }
}

const ADAPTERS = LIBRARY_ADAPTERS.map((adapter) => [adapter.name, adapter] as const);
/** What functions of a library may give that an adapter knows nothing about. */
const ANSWERS = [undefined, null, 7, 'seven', {}, [], () => 7, Promise.resolve(7)] as const;
const task = (): number => 7;
/** How a program may call them. */
const CALLS: readonly (readonly unknown[])[] = [
  [],
  [task],
  [task, 2],
  [2, task],
  [{}, task],
  ['key', task, {}],
  [null, null, task],
];

let installation: Installation;
beforeEach(() => {
  installation = install({ hookLoaders: false, onFault: (fault) => faults.push(fault) });
});
afterEach(() => {
  installation.uninstall();
  expect(faults.splice(0)).toEqual([]);
});
const faults: unknown[] = [];

/** Methods that a library calls itself, with what only it has. */
const INNER =
  /^(?:_|newClient|enqueue|push|postTask|onWorkerMessage|sendCommand|callProcessJob|init|handlePacket|terminate|unlock|exec$)/;

/** A class, and the module that is this class and exports it by all names that an adapter asks for. */
function moduleOf(
  names: Iterable<string>,
  methods: readonly string[],
  answer?: unknown,
): Exports & { prototype: object } {
  const made = function Class(): void {};
  made.prototype = Object.fromEntries(methods.map((name) => [name, () => answer]));
  return Object.assign(made, Object.fromEntries([...names].map((name) => [name, made]))) as never;
}

/** All methods, each alone, and all but one. */
function selections(methods: readonly string[]): readonly (readonly string[])[] {
  const allButOne = methods.map((name) => methods.filter((each) => each !== name));
  return methods.length === 0
    ? []
    : [methods, ...methods.map((name) => [name]), ...(methods.length > 2 ? allButOne : [])];
}

describe.each(ADAPTERS)('%s', (_name, adapter) => {
  const questions = new Questions(adapter);
  const methods = [...questions.methods];

  test('an empty module stays as it is', () => {
    for (const file of FILES) {
      const exports: Exports = {};
      adapter.patch(exports, none, file)?.();
      expect(Object.getOwnPropertyDescriptors(exports)).toEqual({});
    }
  });

  test('a class without methods stays as it is', () => {
    for (const file of FILES) {
      const exports = moduleOf(questions.exports, []);
      const before = Object.getOwnPropertyDescriptors(exports);
      adapter.patch(exports, none, file);
      expect(Object.getOwnPropertyDescriptors(exports.prototype)).toEqual({});
      // A static method may be replaced by one that does the same.
      expect(Object.keys(Object.getOwnPropertyDescriptors(exports))).toEqual(Object.keys(before));
    }
  });

  test.each(selections(methods).map((some) => [some.join(', '), some] as const))(
    'a class that has only some of the methods gets no others, and has them back in the end: %s',
    (_which, some) => {
      for (const file of FILES) {
        const exports = moduleOf(questions.exports, some);
        const { prototype } = exports;
        const before = Object.getOwnPropertyDescriptors(prototype);
        const restore = adapter.patch(exports, none, file);
        expect(Object.keys(prototype)).toEqual([...some]);
        expect(Object.values(prototype).map((method) => typeof method)).toEqual(some.map(() => 'function'));
        restore?.();
        expect(Object.getOwnPropertyDescriptors(prototype)).toEqual(before);
      }
    },
  );

  test('methods of objects that have other insides do what they did', () => {
    const other = { of: 7 };
    for (const answer of [undefined, other, Promise.resolve(7)]) {
      for (const file of FILES) {
        const exports = moduleOf(questions.exports, methods, answer);
        const restore = adapter.patch(exports, none, file);
        for (const name of methods.filter((each) => !INNER.test(each))) {
          for (const args of CALLS) {
            const object = Object.create(exports.prototype) as Record<string, Method>;
            expect([name, args, object[name]?.(...args)]).toEqual([name, args, answer]);
          }
        }
        restore?.();
      }
    }
  });

  test('a function that makes something else than expected makes the same', () => {
    for (const answer of ANSWERS) {
      for (const file of FILES) {
        const replaced: Method[] = [];
        const rebind = <F>(_export: string, wrap: (original: F) => F): boolean => {
          replaced.push(wrap(((): unknown => answer) as unknown as F) as unknown as Method);
          return true;
        };
        const give = (): unknown => answer;
        const exports = Object.assign(
          () => answer,
          Object.fromEntries([...questions.exports].map((name) => [name, give])),
        );
        adapter.patch(exports as never, rebind, file);
        for (const args of CALLS) {
          for (const make of [...replaced, ...(Object.values(exports) as Method[])]) {
            const made = make(...args);
            if (typeof answer === 'function') expect((made as () => unknown)()).toBe(7);
            else expect(made).toBe(answer);
          }
        }
      }
    }
  });
});
