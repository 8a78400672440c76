import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Frame } from '../../src/core/stack.ts';
import { embeddedSource } from './source-maps.ts';

const lines = new Map<string, readonly string[]>();

/** The line of source a frame is in, from its file or from a source map; null where neither can be read. */
export function sourceLine(frame: Frame): string | null {
  return sourceLines(frame)?.[frame.line - 1] ?? null;
}

/** All lines of that source; empty where it cannot be read. */
export function sourceLines(frame: Frame): readonly string[] | null {
  const path = frame.path ?? (frame.file === null ? null : resolve(frame.file));
  if (path === null) return null;
  let text = lines.get(path);
  if (text === undefined) {
    try {
      text = readFileSync(path, 'utf8').split('\n');
    } catch {
      text = embeddedSource(path)?.split('\n') ?? [];
    }
    lines.set(path, text);
  }
  return text;
}
