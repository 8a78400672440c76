import type { Frame, Stack, StackSource } from '../src/core/stack.ts';
import { isOwnFile, packageRelative, toPath } from './paths.ts';
import { mapPosition } from './source-maps.ts';

/** Frames of dept itself between the user's call and the capture, at most. */
const OWN_FRAMES = 12;

const WITH_FUNCTION = /^\s*at (?:async )?(.*?) \((.*?)(?::(\d+))?(?::(\d+))?\)$/;
const WITHOUT_FUNCTION = /^\s*at (?:async )?(.*?)(?::(\d+))(?::(\d+))$/;

interface RawFrame {
  readonly functionName: string | null;
  readonly path: string;
  readonly line: number;
  readonly column: number;
  /** Set when somebody has read it. */
  mapped: Frame | null;
}

/** A stack that is formatted, parsed and mapped when somebody reads it. */
class CapturedStack implements Stack {
  #holder: { stack?: string } | null;
  #raw: readonly RawFrame[] = [];
  readonly #maxFrames: number;

  constructor(holder: { stack?: string }, maxFrames: number) {
    this.#holder = holder;
    this.#maxFrames = maxFrames;
  }

  get frames(): readonly Frame[] {
    this.release();
    return this.#raw.map((frame) => {
      frame.mapped ??= toFrame(frame);
      return frame.mapped;
    });
  }

  release(): void {
    if (this.#holder === null) return;
    this.#raw = userFrames(parseStack(this.#holder.stack ?? ''), this.#maxFrames);
    this.#holder = null;
  }
}

/** Captures stacks cheaply (2 to 12 µs) and formats them lazily, so that whatever maps positions at read time applies. */
export class NodeStacks implements StackSource {
  readonly #maxFrames: number;

  constructor(maxFrames: number) {
    this.#maxFrames = maxFrames;
  }

  capture(): Stack {
    const holder: { stack?: string } = {};
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = this.#maxFrames + OWN_FRAMES;
    Error.captureStackTrace(holder, this.capture);
    Error.stackTraceLimit = limit;
    return new CapturedStack(holder, this.#maxFrames);
  }
}

/** Frames of the same place are one object: a program has few places and many stacks. */
const frames = new Map<string, RawFrame>();
/** Places remembered; beyond it the table starts anew. */
const MAX_PLACES = 100_000;

function parseStack(text: string): readonly RawFrame[] {
  const parsed: RawFrame[] = [];
  for (const line of text.split('\n')) {
    const known = frames.get(line) ?? parseLine(line);
    if (known === null) continue;
    if (frames.size >= MAX_PLACES) frames.clear();
    frames.set(line, known);
    parsed.push(known);
  }
  return parsed;
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

/** Drops our own frames and Node's; a library's are dropped too where the user's code is on the stack. */
function userFrames(raw: readonly RawFrame[], maxFrames: number): readonly RawFrame[] {
  const foreign = raw.filter(
    (frame) => frame.path.includes('/') && !frame.path.startsWith('node:') && !isOwnFile(frame.path),
  );
  const users = foreign.filter((frame) => !frame.path.includes('/node_modules/'));
  return (users.length > 0 ? users : foreign).slice(0, maxFrames);
}

function toFrame(frame: RawFrame): Frame {
  const mapped = mapPosition(frame.path, frame.line, frame.column);
  const functionName = frame.functionName ?? mapped.functionName;
  return {
    functionName,
    file: packageRelative(mapped.path),
    path: mapped.path,
    line: mapped.line,
    column: mapped.column,
  };
}
