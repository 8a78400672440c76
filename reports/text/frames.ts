import type { Frame, Stack } from '../../src/core/stack.ts';
import { oneLine } from './names.ts';

/** Printed where neither a place nor a stack is known. */
export const NOT_AVAILABLE = '(N/A)';

/** Frames of one stack that a report shows (DEPT_MAX_STACK_ENTRY). */
export const DEFAULT_MAX_FRAMES = 16;

function functionText(frame: Frame): string {
  return frame.functionName === null || frame.functionName === '' ? '<anonymous>' : oneLine(frame.functionName);
}

/** `file:line:column`; only the file where it has no lines, null where nothing is known. */
export function siteText(frame: Frame): string | null {
  if (frame.file === null) return null;
  return frame.line > 0 ? `${oneLine(frame.file)}:${frame.line}:${frame.column}` : oneLine(frame.file);
}

/** `function (file:line:column)`; a frame without a line has an address at most and prints its name alone. */
export function frameText(frame: Frame): string {
  return frame.file !== null && frame.line > 0 ? `${functionText(frame)} (${siteText(frame)})` : functionText(frame);
}

/**
 * The place a stack stands for: its first frame in the program's own code, as the kernel names the caller of a
 * primitive. Without one, the first in a library, then in Node itself; null where no frame has a file.
 */
export function placeOf(stack: Stack | null): Frame | null {
  const located = stack?.frames.filter((frame) => frame.file !== null) ?? [];
  const outsideNode = located.filter((frame) => !frame.file?.startsWith('node:'));
  return (
    outsideNode.find((frame) => !/(?:^|\/)node_modules\//.test(frame.file ?? '')) ??
    outsideNode[0] ??
    located[0] ??
    null
  );
}

/** `stacktrace:` and one line for each frame; nothing for an empty stack. */
export function traceLines(stack: Stack | null, maxFrames: number): readonly string[] {
  const frames = stack?.frames.slice(0, maxFrames) ?? [];
  return frames.length === 0 ? [] : ['stacktrace:', ...frames.map((frame) => `      ${frameText(frame)}`)];
}

/** The place, then the stack; `(N/A)` where both are missing (print_ip_stack). */
export function stackLines(stack: Stack | null, maxFrames: number): readonly string[] {
  const place = placeOf(stack);
  const lines = place === null ? [] : [`[<${siteText(place)}>] ${functionText(place)}`];
  lines.push(...traceLines(stack, maxFrames));
  return lines.length === 0 ? [NOT_AVAILABLE] : lines;
}
