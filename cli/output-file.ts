import { accessSync, closeSync, constants, openSync, readSync, type Stats, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { UsageError } from './usage-error.ts';

/** How each line of a findings file begins. */
const FINDING = '{"schemaVersion"';

/**
 * The path of a file that findings are to be appended to. Looked at before the program runs: a file that cannot be
 * written must not cost a run, and one of another kind must not be spoilt.
 * @throws UsageError
 */
export function findingsFile(name: string, cwd: string): string {
  const { path, stats } = outputFile(name, cwd);
  if (stats?.isFile() === true && stats.size > 0 && beginningOf(path) !== FINDING) {
    throw new UsageError(`${name} exists and is no file of findings; nothing is appended to it.`);
  }
  return path;
}

/**
 * The path of a file that is to be made, or made anew where that is allowed.
 * @throws UsageError when it exists and must not be overwritten, or cannot be written
 */
export function newFile(name: string, cwd: string, force: boolean): string {
  const { path, stats } = outputFile(name, cwd);
  if (stats === undefined) return path;
  if (!force) throw new UsageError(`${name} exists; --force overwrites it.`);
  if (!stats.isFile()) throw new UsageError(`${name} is no regular file; it is not overwritten.`);
  return path;
}

/** @throws UsageError when there is no such folder, or the file or its folder cannot be written */
export function outputFile(name: string, cwd: string): { readonly path: string; readonly stats: Stats | undefined } {
  if (name === '') throw new UsageError('A file to write has an empty name.');
  const path = resolve(cwd, name);
  const folder = dirname(path);
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isDirectory() === true) throw new UsageError(`Cannot write ${name}: it is a folder.`);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new UsageError(`Cannot write ${name}: there is no folder ${folder}.`);
  }
  try {
    accessSync(stats === undefined ? folder : path, constants.W_OK);
  } catch (error) {
    throw new UsageError(`Cannot write ${name}: ${(error as Error).message}.`);
  }
  return { path, stats };
}

function beginningOf(path: string): string {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(FINDING.length);
    return bytes.toString('utf8', 0, readSync(file, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(file);
  }
}
