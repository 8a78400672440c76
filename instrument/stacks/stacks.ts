import { type Frame, isOfPackage, type Stack, type StackSource } from '../../src/core/stack.ts';
import { isOwnFile, packageRelative } from '../paths.ts';
import { captureStack, stackOf } from './capture-stack.ts';
import { originalName } from './original-names.ts';
import { parseStack, type RawFrame } from './raw-frame.ts';
import { loadMapsSoon, mapPosition } from './source-maps.ts';
import { type StackId, StackTables } from './stack-table.ts';

/** Frames of dept itself between the user's call and the capture, at most. */
const OWN_FRAMES = 12;

/** Shared by all stacks of the process. */
const tables = new StackTables();

/** What `captureStack` fills: the stack, and how many of its frames to keep. */
interface Unread {
  stack?: string;
  readonly maxFrames: number;
  /** The call at whose end it is, where that is known. */
  call?: Stack;
}

/** A stack that is formatted, parsed and mapped when somebody reads it. Two are kept for each dependency: one field. */
export class CapturedStack implements Stack {
  /** Until it is read; then its place in the tables. */
  #stack: Unread | StackId;

  constructor(unread: Unread) {
    this.#stack = unread;
  }

  get frames(): readonly Frame[] {
    const frames = programsOf(tables.frames(CapturedStack.#interned(this))).map(mapped);
    // A bundle is a file of the program, and has packages in it.
    const programs = frames.filter((frame) => !isOfPackage(frame));
    return programs.length > 0 ? programs : frames;
  }

  get direct(): readonly Frame[] {
    const frames = tables.frames(CapturedStack.#interned(this));
    const libraries = frames.filter((frame) => !isProgram(frame));
    return (libraries.length > 0 ? libraries : frames).map(mapped);
  }

  /** True when all of it is code of libraries. */
  get isForeign(): boolean {
    return !tables.frames(CapturedStack.#interned(this)).some(isProgram);
  }

  /** What the library does there is awaited there. @param text a stack as the engine prints it */
  awaitedIn(text: string): void {
    const program = foreignTo(parseStack(text)).filter(isProgram);
    if (program.length === 0) return;
    const own = tables.frames(CapturedStack.#interned(this));
    this.#stack = tables.intern([...own, ...program]);
    loadMapsSoon((program[0] as RawFrame).path);
  }

  atEndOf(call: Stack): void {
    if (typeof this.#stack !== 'number') this.#stack.call = call;
  }

  release(): void {
    CapturedStack.#interned(this);
  }

  /** Static, because private methods take room in every instance. */
  static #interned(captured: CapturedStack): StackId {
    const unread = captured.#stack;
    if (typeof unread === 'number') return unread;
    const own = programsOf(foreignTo(parseStack(stackOf(unread)))).slice(0, unread.maxFrames);
    const { call } = unread;
    const isInLibrary = call instanceof CapturedStack && !call.isForeign && !own.some(isProgram);
    const frames = isInLibrary ? [...own, ...tables.frames(CapturedStack.#interned(call)).filter(isProgram)] : own;
    const stack = tables.intern(frames);
    captured.#stack = stack;
    if (frames[0] !== undefined) loadMapsSoon(frames[0].path);
    return stack;
  }
}

/** Captures stacks cheaply (2 to 12 µs) and formats them lazily, so that whatever maps positions at read time applies. */
export class NodeStacks implements StackSource {
  readonly #maxFrames: number;

  constructor(maxFrames: number) {
    this.#maxFrames = maxFrames;
  }

  capture(): Stack {
    const unread: Unread = { maxFrames: this.#maxFrames };
    captureStack(unread, this.capture, this.#maxFrames + OWN_FRAMES);
    return new CapturedStack(unread);
  }
}

/** Drops our own frames and Node's. */
function foreignTo(raw: readonly RawFrame[]): readonly RawFrame[] {
  return raw.filter((frame) => frame.path.includes('/') && !frame.path.startsWith('node:') && !isOwnFile(frame.path));
}

/** A library's are dropped too where the user's code is on the stack. */
function programsOf(frames: readonly RawFrame[]): readonly RawFrame[] {
  const programs = frames.filter(isProgram);
  return programs.length > 0 ? programs : frames;
}

function isProgram({ path }: RawFrame): boolean {
  return !path.includes('/node_modules/');
}

function mapped(frame: RawFrame): Frame {
  frame.mapped ??= toFrame(frame);
  return frame.mapped;
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
