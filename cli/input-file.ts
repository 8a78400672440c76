import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { DeptError } from '../src/core/dept-error.ts';
import { UsageError } from './usage-error.ts';

/**
 * Reads a file that the user has named and makes something of its text, without the byte order mark that editors of
 * Windows put before it.
 * @param what the kind of file, for kinds whose errors do not name it
 * @throws UsageError when it cannot be read, or holds something else
 */
export function readInput<T>(name: string, cwd: string, parse: (text: string) => T, what: string | null = null): T {
  const text = textOf(name, cwd);
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof DeptError)) throw error;
    if (what !== null) throw new UsageError(`${name} is no ${what}: ${error.message}.`);
    // The message is a sentence of its own, or goes on after the name.
    throw new UsageError(error.message.endsWith('.') ? `${name}: ${error.message}` : `${name}, ${error.message}.`);
  }
}

function textOf(name: string, cwd: string): string {
  if (name === '') throw new UsageError('A file to read has an empty name.');
  try {
    return readFileSync(resolve(cwd, name), 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new UsageError(`There is no file ${name}.`);
    if (code === 'EISDIR') throw new UsageError(`${name} is a folder, not a file.`);
    throw new UsageError(`Cannot read ${name}: ${message}.`);
  }
}
