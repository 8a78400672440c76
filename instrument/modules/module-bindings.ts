import type { Callable, Rebind } from '../libraries/adapter.ts';
import { dressed } from '../patches/stand-in.ts';

/** How a binding of a module is read and set. */
export type Binding = readonly [get: () => Callable | undefined, set: (value: Callable) => void];
export type Bindings = Readonly<Record<string, Binding>>;

/** What a CommonJS module is to its loader. */
export interface CommonJsModule {
  /** The path of its file; `.` for the main one. */
  readonly id: string;
  exports: Record<string, unknown>;
  /** False while it is evaluated. */
  readonly loaded: boolean;
}

/** Functions that stand in for others: what is replaced once is not replaced again through another module. */
const replacements = new WeakSet<object>();

/** The `rebind` of an ES module (its bindings) or of a CommonJS module. What it replaces is put back by `undo`. */
export function rebinder(
  bindings: Bindings | null,
  exports: Record<string, unknown>,
  module: CommonJsModule | null,
  undo: (() => void)[],
): Rebind {
  return <F>(name: string, wrap: (original: F) => F) => {
    const binding = bindings?.[name] ?? ownBinding(exports, module, name);
    const original = binding?.[0]();
    if (binding === null || typeof original !== 'function' || replacements.has(original)) return false;
    const [, set] = binding;
    try {
      const replacement = dressed(wrap(original as F) as Callable, original);
      set(replacement);
      replacements.add(replacement);
    } catch {
      return false;
    }
    undo.push(() => set(original));
    return true;
  };
}

function ownBinding(exports: Record<string, unknown>, module: CommonJsModule | null, name: string): Binding | null {
  if (name === 'default' && typeof exports === 'function') return module === null ? null : wholeExport(module);
  const descriptor = Object.getOwnPropertyDescriptor(exports, name);
  if (descriptor === undefined) return null;
  if (descriptor.writable === true) {
    return [() => exports[name] as Callable, (value) => void Reflect.set(exports, name, value)];
  }
  return module === null ? null : behindGetter(module, name);
}

function wholeExport(module: CommonJsModule): Binding {
  return [
    () => module.exports as unknown as Callable,
    (value) => {
      module.exports = value as unknown as Record<string, unknown>;
    },
  ];
}

/** Compilers export through getters that nobody can redefine: the module then exports a copy of its exports. */
function behindGetter(module: CommonJsModule, name: string): Binding {
  const { exports } = module;
  return [
    () => exports[name] as Callable,
    (value) => {
      const all = Object.getOwnPropertyDescriptors(module.exports);
      const replaced = { value, enumerable: true, writable: true, configurable: true };
      module.exports = Object.create(Object.getPrototypeOf(exports), { ...all, [name]: replaced });
    },
  ];
}
