import type { Finding } from '../../src/core/finding.ts';
import { findingPage } from '../explain.ts';
import { hasLine, type Mark, type OutlinedContext, outlineOf } from '../outline.ts';
import { codeFrame, NO_SOURCE, placeLink, type SourceLines } from './code-frame.ts';
import { summaryLines, titleLine } from './dept.ts';
import type { Indent } from './diagram.ts';
import { placeOf } from './frames.ts';
import { oneLine } from './names.ts';
import { type Palette, paletteOf } from './palette.ts';
import { waitingBehindLines } from './waiting-behind.ts';

export interface PrettyOptions {
  /** Where the lines of code come from; none if not given. */
  readonly source?: SourceLines;
  /** Colours; none if not given. `wantsColor` decides for a stream. */
  readonly color?: boolean;
  readonly indent?: Indent;
}

/**
 * A finding for a person at a terminal: what can happen in one plain sentence, the DEPT summary, the code at each [W],
 * what to do, and where to read on. Whole lines.
 */
export function formatPretty(finding: Finding, options: PrettyOptions = {}): string {
  const { source = NO_SOURCE, color = false, indent = 3 } = options;
  const palette = paletteOf(color);
  const contexts = outlineOf(finding);
  const isHarmless = finding.severity !== 'error';
  const lines = [
    (isHarmless ? palette.warning : palette.error)(oneLine(finding.message)),
    '',
    titleLine(finding),
    ...(contexts.length === 0 ? [] : summaryLines(finding, indent).map((line) => summaryStyle(line, palette))),
    '',
    ...contexts.flatMap((context) => contextLines(context, source, palette)),
    ...(contexts.length === 0 ? callLines(finding, source, palette) : []),
    ...waitingBehindLines(finding),
    ...adviceOf(finding).map((advice) => `${palette.help('help:')} ${oneLine(advice)}`),
    ...(finding.predictedBy === null ? [] : [`predicted before by: ${oneLine(finding.predictedBy)}`]),
    palette.faint(oneLine(`${finding.code} ${finding.severity} ${finding.fingerprint} (${finding.rules} rules)`)) +
      `, more: dept explain ${finding.code}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** A finding without advice of its own has that of its code. */
function adviceOf(finding: Finding): readonly string[] {
  return finding.help.length > 0 ? finding.help : (findingPage(finding.code)?.todo ?? []);
}

function summaryStyle(line: string, palette: Palette): string {
  if (/^\*\*\* .* \*\*\*$/.test(line)) return palette.error(line);
  return /^(?:NOT A DEADLOCK|CHECK IF) /.test(line) ? palette.warning(line) : line;
}

function contextLines(context: OutlinedContext, source: SourceLines, palette: Palette): readonly string[] {
  const wait = context.marks.find(({ letter }) => letter === 'W');
  if (wait === undefined) return [];
  const title = `context ${context.letter}, ${context.name}, waits: [W] ${wait.call}`;
  const code = hasLine(wait.frame) ? codeFrame(wait.frame, waitNote(context), source, palette) : [];
  const others = context.marks.filter((mark) => mark.letter !== 'W').flatMap((mark) => markLine(mark, source, palette));
  return [palette.strong(title), ...code, ...others, ''];
}

function waitNote({ marks }: OutlinedContext): string {
  const event = marks.find(({ letter }) => letter === 'E');
  return event === undefined
    ? 'waits here, and nobody triggers the event'
    : `waits here, and never reaches [E] ${event.call}`;
}

/** Where the other two marks are, for whoever wants to open them. */
function markLine(mark: Mark, source: SourceLines, palette: Palette): readonly string[] {
  if (!hasLine(mark.frame)) return [];
  return [`    [${mark.letter}] ${mark.call} ${palette.path(placeLink(mark.frame, source))}`];
}

/** Without contexts, the call that was wrong is all there is to show. */
function callLines({ stack }: Finding, source: SourceLines, palette: Palette): readonly string[] {
  const frame = placeOf(stack);
  return hasLine(frame) ? [...codeFrame(frame, 'here', source, palette), ''] : [];
}
