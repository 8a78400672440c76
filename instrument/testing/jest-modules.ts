import { isAbsolute } from 'node:path';
import vm from 'node:vm';
import { configFromEnv } from '../config.ts';
import { LIBRARY_ADAPTERS } from '../libraries/index.ts';
import { knownPattern } from '../modules/package-patterns.ts';
import { mayBeMarked } from '../own-locks/marking.ts';
import { replaced } from '../patches/replaced.ts';
import { isCodeCounted } from '../process/counted-code.ts';
import { ReadTexts } from './read-texts.ts';

const PARAMETERS = 'module,exports,require,__dirname,__filename';
/** What jest puts around a CommonJS module where it does not have it compiled as the body of a function. */
const WRAPPED = /^\(\{"Object\.<anonymous>":function\(module,exports,require,__dirname,__filename[^(){}]*\)\{/;
const END = '\n}});';
/** What a text has in which statements are counted. */
const COUNTED = '__coverage__';
const OWN = Symbol.for('dept.own');

/** Takes off what a file has left behind that could not be loaded: it has no end. */
const MARKS = Symbol.for('dept.marks');

/** What becomes of the text of a module, by what else it is compiled with; null where nothing does. */
type Reading = (code: string, args: readonly unknown[]) => string | null;

/**
 * jest compiles the modules of a program itself, for each file of tests anew, and no hook of Node's sees them: their own locks are recognised
 * there. Not where coverage is measured, which counts the characters of their texts.
 * @param isOver true when what is compiled is no longer for this file
 * @returns what ends it; the next file in this process has a dept of its own
 */
export function markModules(isOver: () => boolean): () => void {
  const owner = vm as typeof vm & { [MARKS]?: () => void };
  owner[MARKS]?.();
  if (!configFromEnv(process.env).ownLocks) return () => undefined;
  const texts = new ModuleTexts();
  let hasEnded = false;
  const textFor = (reading: Reading, [code, ...args]: readonly unknown[]): string | null => {
    if (!hasEnded && isOver()) end();
    return hasEnded || typeof code !== 'string' ? null : reading.call(texts, code, args);
  };
  const undo = [
    replaced(vm, 'compileFunction', (original) => {
      return function compileFunction(this: unknown, ...args: unknown[]): unknown {
        return compiled(textFor(texts.ofFunction, args), args, (given) =>
          Reflect.apply(original, this, given as never),
        );
      };
    }),
    replacedClass('Script', (args) => textFor(texts.ofScript, args)),
    replacedClass('SourceTextModule', (args) => textFor(texts.ofModule, args)),
  ];
  const end = (): void => {
    hasEnded = true;
    for (const restore of undo) restore();
    delete owner[MARKS];
  };
  Object.defineProperty(owner, MARKS, { value: end, configurable: true });
  return end;
}

function replacedClass(name: 'Script' | 'SourceTextModule', textOf: (args: unknown[]) => string | null): () => void {
  return replaced(vm as never, name as never, (original: never) => {
    const made: typeof vm.Script = new Proxy(original as typeof vm.Script, {
      construct: (target, args: unknown[], newTarget) =>
        compiled(textOf(args), args, (given) =>
          Reflect.construct(target, given, newTarget === made ? target : newTarget),
        ) as object,
    });
    return made as never;
  });
}

/** A text that cannot be compiled with its marks is compiled without. */
function compiled(text: string | null, args: unknown[], compile: (args: unknown[]) => unknown): unknown {
  if (text !== null) {
    try {
      return compile([text, ...args.slice(1)]);
    } catch {
      // As it was.
    }
  }
  return compile(args);
}

interface CompileOptions {
  readonly filename?: unknown;
  readonly identifier?: unknown;
  readonly context?: object;
  readonly parsingContext?: object;
  readonly cachedData?: unknown;
  readonly produceCachedData?: unknown;
}

/** Texts that jest has compiled for this file of tests; what else is compiled in this process is none of them. */
class ModuleTexts {
  readonly #known = knownPattern(LIBRARY_ADAPTERS);
  readonly #read = new ReadTexts();
  #isCounted: boolean | null = null;

  ofFunction(code: string, [names, options]: readonly unknown[]): string | null {
    const { filename, parsingContext, cachedData, produceCachedData } = (options ?? {}) as CompileOptions;
    if (cachedData !== undefined || produceCachedData === true || !isOurs(parsingContext)) return null;
    return Array.isArray(names) && names.join().startsWith(PARAMETERS) ? this.#marked(code, filename) : null;
  }

  ofScript(code: string, [options]: readonly unknown[]): string | null {
    const { filename, cachedData, produceCachedData } = (options ?? {}) as CompileOptions;
    if (cachedData !== undefined || produceCachedData === true || !code.endsWith(END)) return null;
    const head = WRAPPED.exec(code)?.[0];
    if (head === undefined) return null;
    const text = this.#marked(code.slice(head.length, -END.length), filename);
    return text === null ? null : `${head}${text}${END}`;
  }

  ofModule(code: string, [options]: readonly unknown[]): string | null {
    const { identifier, context, cachedData } = (options ?? {}) as CompileOptions;
    return cachedData === undefined && isOurs(context) ? this.#marked(code, identifier) : null;
  }

  #marked(code: string, path: unknown): string | null {
    if (typeof path !== 'string' || !isAbsolute(path) || !mayBeMarked(path, this.#known)) return null;
    const text = this.#read.marked(code);
    if (text === null || code.includes(COUNTED)) return null;
    this.#isCounted ??= isCodeCounted();
    return this.#isCounted ? null : text;
  }
}

/** A context in which the marks find this copy of dept. */
function isOurs(context: object | undefined): boolean {
  return (context as Record<symbol, unknown> | undefined)?.[OWN] === (globalThis as Record<symbol, unknown>)[OWN];
}
