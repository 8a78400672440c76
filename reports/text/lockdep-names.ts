import type { Stack } from '../../src/core/stack.ts';
import type { ClassView, LockdepReport, LockView, OrderView } from '../../src/tracker/lockdep/report.ts';
import { frameText, NOT_AVAILABLE, placeOf } from './frames.ts';
import { oneLine } from './names.ts';

/** Frames of one stack that a report shows. */
const MAX_FRAMES = 16;

/** ` (name){+.+.}-{4:4}` without the blank (print_lock_name). */
export function classText(view: ClassView): string {
  return `(${oneLine(view.name)}){${view.usage}}-{${view.outer}:${view.inner}}`;
}

/** `instance (name){+.+.}-{4:4}, at: function (file:line:column)` (print_lock; the instance's name for its address). */
export function lockText(view: LockView): string {
  return `${oneLine(view.label)} ${classText(view)}, at: ${placeText(view.stack)}`;
}

/** The place a stack stands for. */
export function placeText(stack: Stack | null): string {
  const place = placeOf(stack);
  return place === null ? NOT_AVAILABLE : frameText(place);
}

/** Frames, each on its line, indented. */
export function stackText(stack: Stack | null, indent: string): readonly string[] {
  const frames = stack?.frames.slice(0, MAX_FRAMES) ?? [];
  if (frames.length === 0) return [`${indent}${NOT_AVAILABLE}`];
  return frames.map((frame) => `${indent}${frameText(frame)}`);
}

/** `name/id` of the context (comm and pid in the kernel). */
export function contextText(report: LockdepReport): string {
  return `${oneLine(report.contextName)}/${report.contextId}`;
}

/** The locks the context holds, oldest first (lockdep_print_held_locks). */
export function heldLines(report: LockdepReport): readonly string[] {
  const { held } = report;
  if (held.length === 0) return [`no locks held by ${contextText(report)}.`];
  const head = `${held.length} lock${held.length > 1 ? 's' : ''} held by ${contextText(report)}:`;
  return [head, ...held.map((lock, i) => ` #${i}: ${lockText(lock)}`)];
}

/** A stretch of the order graph, outermost first, each class with the place where it was taken inside the one before. */
export function orderLines(first: ClassView, orders: readonly OrderView[]): readonly string[] {
  const lines = [`-> ${classText(first)}`];
  orders.forEach((order, i) => {
    const indent = ' '.repeat(i + 1);
    lines.push(`${indent}-> ${classText(order.to)} {${order.flavours.join(',')}}`);
    lines.push(...stackText(order.stack, `${indent}     `));
  });
  return lines;
}
