import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Frame } from '../src/core/stack.ts';
import type { TrackedObject } from '../src/core/tracked-object.ts';
import * as hooks from '../src/sync/hooks.ts';
import { embeddedSource } from './source-maps.ts';

const lines = new Map<string, readonly string[]>();

/**
 * A tracked object for a library's instance whose making was not seen: its class is the place of its first use, its name
 * the expression it is used through there (`stock` in `stock.acquire()`). Costs a formatted stack, once an instance.
 */
export function trackByFirstUse(kindName: string, capacity: number, methods: readonly string[]): TrackedObject | null {
  const session = hooks.activeSession();
  if (session === null) return null;
  const frame = session.capture()?.frames[0];
  const kind = capacity > 1 ? 'semaphore' : 'mutex';
  if (frame === undefined || frame.file === null) return hooks.track({ kind, name: kindName, capacity });
  const site = `${frame.file}:${frame.line}:${frame.column}`;
  return hooks.track({ kind, name: nameAt(frame, methods) ?? `${kindName}@${site}`, site, capacity });
}

function nameAt(frame: Frame, methods: readonly string[]): string | null {
  const line = sourceLine(frame);
  return line === null ? null : receiverAt(line, frame.column, methods);
}

/**
 * The expression before `.method(` at this column (from 1) of a line, or null where it is no plain one. A column that
 * does not point at a method, as some source maps give it, takes the nearest call before it.
 */
export function receiverAt(line: string, column: number, methods: readonly string[]): string | null {
  const pattern = new RegExp(
    `((?:this\\.)?[\\w$#]+(?:\\.[\\w$#]+|\\[[^\\]]*\\])*)\\s*(?:\\?|!)?\\.\\s*(${methods.join('|')})\\s*[(<]`,
    'dg',
  );
  const isExact = methods.some((method) => line.startsWith(method, column - 1));
  let name: string | null = null;
  for (const match of line.matchAll(pattern)) {
    const found = match[1] ?? null;
    if (isExact && match.indices?.[2]?.[0] === column - 1) return found;
    if (!isExact && (name === null || match.index < column)) name = found;
  }
  return name;
}

function sourceLine(frame: Frame): string | null {
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
  return text[frame.line - 1] ?? null;
}
