import { readFileSync } from 'node:fs';
import { createRequire, findSourceMap } from 'node:module';
import { dirname, resolve } from 'node:path';
import { setImmediate } from 'node:timers';
import { toPath } from '../paths.ts';

export interface MappedPosition {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  /** The name that stands there in the source, where the map has names. */
  readonly name: string | null;
}

interface Support {
  mapSourcePosition(position: { source: string; line: number; column: number }): {
    source: string;
    line: number;
    column: number;
    name?: string | null;
  };
  retrieveSourceMap(generated: string): { readonly url: string; readonly map: string | Buffer | SourceMap } | null;
}

/** What is needed of a source map (ECMA-426). */
interface SourceMap {
  readonly sourceRoot?: string;
  readonly sources: readonly (string | null)[];
  readonly sourcesContent?: readonly (string | null)[];
}

const require = createRequire(import.meta.url);
let support: Support | null | undefined;

/** Files that were looked at, and whether each of them names a map. */
const isMapped = new Map<string, boolean>();

/** Most programs have no maps, or are mapped by who runs them, and then nothing need be loaded. Reads each file once. */
function namesMap(path: string): boolean {
  let known = isMapped.get(path);
  if (known === undefined) {
    try {
      known = readFileSync(path, 'utf8').includes('sourceMappingURL=');
    } catch {
      known = false;
    }
    isMapped.set(path, known);
  }
  return known;
}

/** Loaded on first use: it takes longer to load than a whole start of the tracker. */
function load(): Support | null {
  if (support !== undefined) return support;
  try {
    support = require('source-map-support') as Support;
  } catch {
    support = null;
  }
  return support;
}

/** The generated file each source was seen to be compiled into. */
const generatedFrom = new Map<string, string>();

let isLoadingSoon = false;

/**
 * Something was learnt that a report may be made of, which begins in this file: if that names a map, what reads it is loaded
 * in an idle moment, before anybody waits for it.
 */
export function loadMapsSoon(path: string): void {
  if (isLoadingSoon || isMapped.get(path) === false) return;
  isLoadingSoon = true;
  setImmediate(() => {
    if (namesMap(path)) load();
    else isLoadingSoon = false;
  }).unref();
}

/**
 * The place in the source the user wrote. What tsx and the like compile in memory has its map in Node alone. Positions that are original
 * already (vitest) come back as they are, because those files carry no map. Lines and columns count from 1.
 */
export function mapPosition(path: string, line: number, column: number): MappedPosition {
  const unmapped = { path, line, column, name: null };
  try {
    const mapped = mappedByNode(path, line, column) ?? mappedBySupport(path, line, column);
    if (mapped === null) return unmapped;
    generatedFrom.set(mapped.path, path);
    return mapped;
  } catch {
    return unmapped;
  }
}

/** Where the program has Node read source maps; null where Node knows none of the place. */
function mappedByNode(path: string, line: number, column: number): MappedPosition | null {
  const entry = findSourceMap(path)?.findEntry(line - 1, column - 1);
  if (entry === undefined || !('originalSource' in entry)) return null;
  const { originalSource, originalLine, originalColumn } = entry;
  const { name = null } = entry as { name?: string | null };
  return { path: toPath(originalSource), line: originalLine + 1, column: originalColumn + 1, name };
}

function mappedBySupport(path: string, line: number, column: number): MappedPosition | null {
  if (!namesMap(path)) return null;
  const mapped = load()?.mapSourcePosition({ source: path, line, column: column - 1 });
  if (mapped === undefined || mapped.source === path) return null;
  return { path: mapped.source, line: mapped.line, column: mapped.column + 1, name: mapped.name ?? null };
}

/** The text of a source as its source map has it, for programs that are shipped without; null where none has it. */
export function embeddedSource(path: string): string | null {
  const generated = generatedFrom.get(path);
  if (generated === undefined) return null;
  try {
    const found = load()?.retrieveSourceMap(generated);
    if (found === null || found === undefined) return null;
    const { sources, sourcesContent, sourceRoot = '' } = parseMap(found.map);
    const folder = dirname(found.url === '' ? generated : found.url);
    const index = sources.findIndex((source) => source !== null && resolve(folder, sourceRoot, source) === path);
    return sourcesContent?.[index] ?? null;
  } catch {
    return null;
  }
}

function parseMap(map: string | Buffer | SourceMap): SourceMap {
  return typeof map === 'object' && 'sources' in map ? map : (JSON.parse(map.toString()) as SourceMap);
}
