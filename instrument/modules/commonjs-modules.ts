import Module from 'node:module';
import type { CommonJsModule } from './module-bindings.ts';

type Note = (this: CommonJsModule, value: unknown) => void;

/** The parts of Node's CommonJS loader that are used; every tool that hooks it relies on them. */
interface CommonJsLoader {
  readonly _cache: Readonly<Record<string, CommonJsModule | undefined>>;
  readonly prototype: object;
}

/**
 * Tells of each CommonJS module of a file that is watched when it has been evaluated, before anybody gets its exports; of those
 * that have been evaluated already at once.
 *
 * Node notes at the module itself that it is loaded, and this note is what is listened to. A function in the place of one of the
 * loader's would be on the stack of all that is required: Node warns of what it has deprecated by who asked for it, and the
 * stack of a load error is the program's own.
 */
export function watchCommonJs(
  isWatched: (filename: string) => boolean,
  onEvaluated: (filename: string, module: CommonJsModule) => void,
): () => void {
  const loader = Module as unknown as CommonJsLoader;
  const { prototype } = loader;
  const before = noteOf(prototype);
  let isWatching = true;
  const follow = (filename: string, module: CommonJsModule): void => {
    const others = noteOf(module);
    Object.defineProperty(module, 'loaded', {
      get: () => false,
      set(this: CommonJsModule, value: unknown) {
        note(this, value, others);
        if (isWatching && value === true && this === module) onEvaluated(filename, module);
      },
      enumerable: true,
      configurable: true,
    });
  };
  // A module is made by its constructor, which notes that it is not loaded: from then on it has a note of its own.
  const onNote: Note = function loaded(value) {
    note(this, value, before);
    if (isWatching && value === false && isWatched(this.id)) follow(this.id, this);
  };
  for (const [filename, module] of Object.entries(loader._cache)) {
    if (module === undefined || !isWatched(filename)) continue;
    if (module.loaded) onEvaluated(filename, module);
    else follow(filename, module);
  }
  const previous = Object.getOwnPropertyDescriptor(prototype, 'loaded');
  Object.defineProperty(prototype, 'loaded', { get: () => undefined, set: onNote, configurable: true });
  return () => {
    // Whoever listens since then goes on calling ours.
    isWatching = false;
    if (noteOf(prototype) !== onNote) return;
    if (previous === undefined) Reflect.deleteProperty(prototype, 'loaded');
    else Object.defineProperty(prototype, 'loaded', previous);
  };
}

/** Who listens to the notes of a module, or of all that are made from now on. */
function noteOf(module: object): Note | undefined {
  return Object.getOwnPropertyDescriptor(module, 'loaded')?.set;
}

function note(module: CommonJsModule, value: unknown, others: Note | undefined): void {
  if (others !== undefined) Reflect.apply(others, module, [value]);
  else Object.defineProperty(module, 'loaded', { value, writable: true, enumerable: true, configurable: true });
}
