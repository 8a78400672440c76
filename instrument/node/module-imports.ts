import { readFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** One module asks for another one. */
export interface ModuleImport {
  readonly from: string;
  readonly to: string;
  /** `await import()`, which waits where it stands; else the module waits for the other one before it begins. */
  readonly isAwaited: boolean;
  readonly line: number;
  readonly column: number;
}

/** Modules that are read at most. */
const MAX_MODULES = 2000;

const STATIC = /(?<=^|[;}\n])\s*(?:import|export)\b(?:[^'"`;()]*?\bfrom\b)?\s*(['"])([^'"\n]+)\1/g;
const AWAITED = /\bawait\s+import\s*\(\s*(['"`])([^'"`$\n]+)\1/g;
const COMMENT = /\/\*[\s\S]*?\*\/|(?<=^|[\s;])\/\/[^\n]*/g;

/**
 * The imports among the program's own modules, from its entry on, as their source says: relative ones, outside of packages.
 * Specifiers that are computed are not seen. Reads files; for a program that has nothing left to do.
 */
export function moduleImports(entry: string): readonly ModuleImport[] {
  const imports: ModuleImport[] = [];
  const open = [pathToFileURL(entry).href];
  const seen = new Set<string>();
  for (const url of open) {
    if (seen.has(url) || seen.size >= MAX_MODULES) continue;
    seen.add(url);
    for (const found of importsOf(url)) {
      imports.push(found);
      open.push(found.to);
    }
  }
  return imports;
}

function importsOf(url: string): readonly ModuleImport[] {
  const source = sourceOf(url);
  const all = (pattern: RegExp, isAwaited: boolean): readonly ModuleImport[] =>
    [...source.matchAll(pattern)].flatMap((match) => {
      const to = resolved(match[2] as string, url);
      const before = source.slice(0, match.index + match[0].search(/\S/)).split('\n');
      const [line, column] = [before.length, (before.at(-1)?.length ?? 0) + 1];
      return to === null ? [] : [{ from: url, to, isAwaited, line, column }];
    });
  return [...all(STATIC, false), ...all(AWAITED, true)];
}

/** Comments become spaces, so that places stay. */
function sourceOf(url: string): string {
  try {
    return readFileSync(fileURLToPath(url), 'utf8').replace(COMMENT, (comment) => comment.replace(/[^\n]/g, ' '));
  } catch {
    return '';
  }
}

function resolved(specifier: string, from: string): string | null {
  if (!/^(?:\.{0,2}\/|file:)/.test(specifier)) return null;
  const { href } = new URL(specifier, from);
  return href.includes('/node_modules/') ? null : href;
}

/**
 * A module that awaits `import()` of one that, by static imports, needs it first: the awaited import, then the way back.
 * Null where there is none. @param areReached true where each awaited import is one that a module has stopped at: then they lead back, too
 */
export function circleOfImports(imports: readonly ModuleImport[], areReached = false): readonly ModuleImport[] | null {
  const waysBack = areReached ? imports : imports.filter(({ isAwaited }) => !isAwaited);
  for (const awaited of imports) {
    const back = awaited.isAwaited ? wayBack(awaited, waysBack) : null;
    if (back !== null) return [awaited, ...back];
  }
  return null;
}

function wayBack(
  { from: goal, to: start }: ModuleImport,
  imports: readonly ModuleImport[],
): readonly ModuleImport[] | null {
  if (start === goal) return [];
  const cameBy = new Map<string, ModuleImport>();
  const open = [start];
  for (const url of open) {
    for (const each of imports) {
      if (each.from !== url || cameBy.has(each.to)) continue;
      cameBy.set(each.to, each);
      open.push(each.to);
    }
  }
  const way: ModuleImport[] = [];
  for (
    let step = cameBy.get(goal);
    step !== undefined;
    step = step.from === start ? undefined : cameBy.get(step.from)
  ) {
    way.unshift(step);
  }
  return way.length === 0 ? null : way;
}
