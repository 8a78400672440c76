import type { Frame } from '../../src/core/stack.ts';
import { toPath } from '../paths.ts';

/** A frame as the engine printed it; mapped when somebody reads it. */
export interface RawFrame {
  readonly functionName: string | null;
  readonly path: string;
  readonly line: number;
  readonly column: number;
  mapped: Frame | null;
}

const WITH_FUNCTION = /^\s*at (?:async )?(.*?) \((.*?)(?::(\d+))?(?::(\d+))?\)$/;
const WITHOUT_FUNCTION = /^\s*at (?:async )?(.*?)(?::(\d+))(?::(\d+))$/;

/** Lines remembered; beyond it the table starts anew. */
const MAX_LINES = 100_000;

/** Frames of the same place are one object: a program has few places and many stacks. */
const known = new Map<string, RawFrame>();

/** The frames of a formatted stack, innermost first. */
export function parseStack(text: string): readonly RawFrame[] {
  const frames: RawFrame[] = [];
  for (const line of text.split('\n')) {
    const frame = known.get(line) ?? parseLine(line);
    if (frame === null) continue;
    if (known.size >= MAX_LINES) known.clear();
    known.set(line, frame);
    frames.push(frame);
  }
  return frames;
}

function parseLine(line: string): RawFrame | null {
  const named = WITH_FUNCTION.exec(line);
  const match = named ?? WITHOUT_FUNCTION.exec(line);
  if (match === null) return null;
  const [functionName, path, row, column] = named === null ? [null, match[1], match[2], match[3]] : match.slice(1);
  return {
    functionName: functionName ?? null,
    path: toPath(path ?? ''),
    line: Number(row ?? 0),
    column: Number(column ?? 0),
    mapped: null,
  };
}
