import type { Frame, Stack, StackSource } from '../src/core/stack.ts';
import { captureStack } from './capture-stack.ts';
import { originalName } from './original-names.ts';
import { isOwnFile, packageRelative } from './paths.ts';
import { parseStack, type RawFrame } from './raw-frame.ts';
import { loadMapsSoon, mapPosition } from './source-maps.ts';
import { type StackId, StackTable } from './stack-table.ts';

/** Frames of dept itself between the user's call and the capture, at most. */
const OWN_FRAMES = 12;

/** Shared by all stacks of the process; a full one is followed by a new one. */
let table = new StackTable();

/** A stack that is formatted, parsed and mapped when somebody reads it. */
export class CapturedStack implements Stack {
  /** Until it is read; then the table its frames are in. */
  #source: { stack?: string } | StackTable;
  /** Until it is read, the most frames to keep; then its place in the table. */
  #stack: StackId;

  constructor(holder: { stack?: string }, maxFrames: number) {
    this.#source = holder;
    this.#stack = maxFrames;
  }

  get frames(): readonly Frame[] {
    return CapturedStack.#interned(this)
      .frames(this.#stack)
      .map((frame) => {
        frame.mapped ??= toFrame(frame);
        return frame.mapped;
      });
  }

  release(): void {
    CapturedStack.#interned(this);
  }

  /** Static, because private methods take room in every instance, and there are two for each dependency. */
  static #interned(stack: CapturedStack): StackTable {
    const source = stack.#source;
    if (source instanceof StackTable) return source;
    if (!table.hasRoom) table = new StackTable();
    stack.#source = table;
    const frames = userFrames(parseStack(source.stack ?? ''), stack.#stack);
    stack.#stack = table.intern(frames);
    if (frames[0] !== undefined) loadMapsSoon(frames[0].path);
    return table;
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
    captureStack(holder, this.capture, this.#maxFrames + OWN_FRAMES);
    return new CapturedStack(holder, this.#maxFrames);
  }
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
  return {
    functionName: mapped.path === frame.path ? frame.functionName : nameOf(frame),
    file: packageRelative(mapped.path),
    path: mapped.path,
    line: mapped.line,
    column: mapped.column,
  };
}

function nameOf({ functionName, path, line, column }: RawFrame): string | null {
  return functionName === null ? null : (originalName(path, line, column, functionName) ?? functionName);
}
