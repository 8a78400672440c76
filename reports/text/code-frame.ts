import type { Frame } from '../../src/core/stack.ts';
import { oneLine } from './names.ts';
import type { Palette } from './palette.ts';

/** Where the lines of code frames come from: a formatter itself opens no file. */
export interface SourceLines {
  /** A line of the frame's file, counted from 1, without its end; null where there is none. */
  readLine(frame: Frame, line: number): string | null;
  /** The frame's file as one would open it from here. */
  pathOf(frame: Frame): string;
}

/** For findings whose files are not at hand. */
export const NO_SOURCE: SourceLines = Object.freeze({
  readLine: () => null,
  pathOf: (frame: Frame) => frame.file ?? '',
});

/** Lines shown before and after the one that is meant. */
const AROUND = 2;
/** Columns of source shown; a bundle has lines of a megabyte. */
const MAX_WIDTH = 100;
/** Of them, at most so many before the column that is meant. */
const MAX_BEFORE = 70;
const TAB = '  ';

/** `path:line:column`, which terminals and editors open. */
export function placeLink(frame: Frame, source: SourceLines): string {
  return oneLine(`${source.pathOf(frame)}:${frame.line}:${frame.column}`);
}

/** The lines around a place with a caret under its column; the place alone where its file cannot be read. */
export function codeFrame(frame: Frame, note: string, source: SourceLines, palette: Palette): readonly string[] {
  const lines = linesAround(frame, source);
  const width = String(lines.at(-1)?.number ?? '').length;
  const bar = palette.faint('|');
  const arrow = `${' '.repeat(width)}${palette.faint('-->')} ${palette.path(placeLink(frame, source))}`;
  const shown = lines.flatMap(({ number, text, column }) => [
    `${palette.faint(String(number).padStart(width))} ${bar} ${text}`.trimEnd(),
    ...(number === frame.line
      ? [`${' '.repeat(width)} ${bar} ${' '.repeat(column)}${palette.error(`^ ${note}`)}`]
      : []),
  ]);
  return shown.length === 0 ? [arrow] : [arrow, ...shown];
}

/** A line of a code frame, printable and cut to its width. */
export interface ShownLine {
  readonly number: number;
  readonly text: string;
  /** Where the caret goes, from 0. */
  readonly column: number;
}

/** The lines around a place; none where its file cannot be read or is of another version. */
export function linesAround(frame: Frame, source: SourceLines): readonly ShownLine[] {
  const meant = source.readLine(frame, frame.line);
  // A line that is shorter than its column is of another version of the file: better nothing than something wrong.
  if (meant === null || meant.length < frame.column - 1) return [];
  const shown: ShownLine[] = [];
  const from = Math.max(0, printable(meant.slice(0, frame.column - 1)).length - MAX_BEFORE);
  for (let number = Math.max(1, frame.line - AROUND); number <= frame.line + AROUND; number++) {
    const line = source.readLine(frame, number);
    if (line === null) continue;
    const text = printable(line).slice(from, from + MAX_WIDTH);
    shown.push({ number, text, column: printable(line.slice(0, Math.max(0, frame.column - 1))).length - from });
  }
  const last = shown.at(-1);
  return last !== undefined && last.text === '' && last.number > frame.line ? shown.slice(0, -1) : shown;
}

/** As it can be shown: a terminal must not be told anything by a source file. */
function printable(line: string): string {
  return oneLine(line.replaceAll('\t', TAB));
}
