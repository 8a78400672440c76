import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';

const FOLDER = join(import.meta.dirname, '../../golden');

/** Compares with test/golden/<name>; `DEPT_UPDATE_GOLDEN=1` writes the file instead: read what it wrote. */
export function expectGolden(name: string, text: string): void {
  expectFile(join(FOLDER, name), text);
}

/** As `expectGolden`, for a file elsewhere. */
export function expectFile(path: string, text: string): void {
  if (process.env['DEPT_UPDATE_GOLDEN'] === '1') writeFileSync(path, text);
  expect(text).toBe(readFileSync(path, 'utf8').replaceAll('\r\n', '\n'));
}
