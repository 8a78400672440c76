import type { LoadResult } from '../modules/module-source.ts';
import { isInstalled, isOwnFile, toPath } from '../paths.ts';
import { marked } from './marked.ts';

const FORMATS = new Set(['module', 'commonjs', 'module-typescript', 'commonjs-typescript']);
/** Packages that may be locks and nobody has an adapter for. */
const LOCK_PACKAGE =
  /[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]*(?:lock|mutex|sema|critical|exclusive|serial)[^\\/]*[\\/]/i;

/**
 * A module as it was loaded, or with the marks of the locks that it makes.
 * @param known addresses of packages that have an adapter
 */
export function withOwnLocks(url: string, result: LoadResult, known: RegExp): LoadResult {
  const { format, source } = result;
  if (source === null || source === undefined || !FORMATS.has(format ?? '') || !mayBeMarked(url, known)) {
    return result;
  }
  const text = markedOrNull(typeof source === 'string' ? source : new TextDecoder().decode(source as Uint8Array));
  return text === null ? result : { ...result, source: text };
}

/** True for a module of the program's own, and of a package that may be a lock. */
export function mayBeMarked(url: string, known: RegExp): boolean {
  const path = toPath(url);
  if (/^\w{2,}:/.test(path) || isOwnFile(path)) return false;
  return !isInstalled(path) || (LOCK_PACKAGE.test(path) && !known.test(url));
}

/** Coverage counts the characters of the texts that files have. */
const { NODE_V8_COVERAGE = '' } = process.env;
const isMeasured = NODE_V8_COVERAGE !== '' || process.execArgv.includes('--experimental-test-coverage');

/** A module is asked for several times in a row: by a hook, by its loader, and when it is compiled. */
let last: { readonly text: string; readonly marked: string | null } | null = null;

/** A fault of ours is none of the program's. */
export function markedOrNull(text: string): string | null {
  if (isMeasured) return null;
  if (last?.text !== text) last = { text, marked: attempt(text) };
  return last.marked;
}

function attempt(text: string): string | null {
  try {
    return marked(text);
  } catch {
    return null;
  }
}
