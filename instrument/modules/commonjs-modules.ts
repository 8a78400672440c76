import { readFileSync } from 'node:fs';
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
  for (const [filename, module] of Object.entries(loader._cache)) {
    if (module === undefined || !isWatched(filename)) continue;
    if (module.loaded) onEvaluated(filename, module);
    else follow(filename, module);
  }
  const stop = watchMaking((filename, module) => {
    if (isWatched(filename)) follow(filename, module);
  });
  return () => {
    isWatching = false;
    stop();
  };
}

/**
 * Gives CommonJS modules that are loaded from now on another text, where `rewritten` has one for what their file has. Those of other
 * files are compiled as ever; of these the stack has one function more while they are evaluated.
 */
export function rewriteCommonJs(
  isWatched: (filename: string) => boolean,
  rewritten: (text: string) => string | null,
): () => void {
  return watchMaking((filename, module) => {
    if (!isWatched(filename)) return;
    const compiled = module as CommonJsModule & { _compile?: unknown };
    Object.defineProperty(compiled, '_compile', {
      get(): unknown {
        delete compiled._compile;
        const compile = compiled._compile as (text: string, ...rest: unknown[]) => unknown;
        if (rewritten(textOf(filename)) === null) return compile;
        return function compileMarked(this: unknown, text: string, ...rest: unknown[]): unknown {
          return Reflect.apply(compile, this, [rewritten(text) ?? text, ...rest]);
        };
      },
      // Compilers put one of their own there.
      set(value: unknown) {
        Object.defineProperty(compiled, '_compile', { value, writable: true, enumerable: true, configurable: true });
      },
      configurable: true,
    });
  });
}

function textOf(filename: string): string {
  try {
    return readFileSync(filename, 'utf8');
  } catch {
    return '';
  }
}

/** Tells of each CommonJS module that is made: its constructor notes that it is not loaded. */
function watchMaking(onMade: (filename: string, module: CommonJsModule) => void): () => void {
  const { prototype } = Module as unknown as CommonJsLoader;
  const before = noteOf(prototype);
  let isWatching = true;
  const onNote: Note = function loaded(value) {
    note(this, value, before);
    if (isWatching && value === false) onMade(this.id, this);
  };
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
