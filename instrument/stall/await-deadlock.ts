import { ClassRegistry, type EventClass } from '../../src/core/classes.ts';
import type { Dependency } from '../../src/core/dependency.ts';
import type { Finding, SuspendedFunction } from '../../src/core/finding.ts';
import type { ContextId, Tick } from '../../src/core/ids.ts';
import type { Stack } from '../../src/core/stack.ts';
import { AWAITED_VALUES_ADVICE } from '../../src/tracker/awaited-values.ts';
import { deadlockFinding, untrackedDependency } from '../../src/tracker/deadlock.ts';
import type { Line } from './own-lines.ts';
import type { StallPicture } from './stall-picture.ts';

/** What to do about a task that enters the limiter, or the lock, that it runs under. */
const OWN_LINE_ADVICE: readonly string[] = Object.freeze([
  'Do not enter the limiter or the lock again from what runs under it: call the function that it protects directly, or await it outside.',
  'Or give what is called from inside a limiter of its own.',
]);

/** What to do where those who wait in different lists wait for each other. */
const LINES_ADVICE: readonly string[] = Object.freeze([
  'Take the locks of the circle in one order everywhere, or wait for the one without the other.',
]);

/** What to do where a message waits to be read by who awaits, at the end of the circle, the answer to it. */
const MAILBOX_ADVICE: readonly string[] = Object.freeze([
  'Do not await an answer before the next message is read: start the request, go on reading, and answer when the answer comes.',
  'Or ask nobody who may be waiting for this answer.',
]);

/** DEPT002 for each circle of async functions that await each other: none of them can ever settle. */
export function awaitDeadlocks({ functions, cycles, inLine, definitions }: StallPicture, at: Tick): readonly Finding[] {
  return cycles.map((cycle) => {
    const classes = new ClassRegistry(cycle.length, 0);
    const members = startingWithFirst(cycle, functions).map((index) => {
      const each = functions[index] as SuspendedFunction;
      const definition = definitions[index] ?? null;
      const name = definition?.frames[0]?.functionName ?? null;
      const key = classes.key({ kind: 'promise', site: siteOf(definition), ...(name === null ? {} : { name }) });
      return { each, definition, event: classes.get(classes.classOf(key, 0)) };
    });
    // In reading order each context waits for the one before it.
    const circle = members
      .map(({ each, definition, event }, index): Dependency => {
        const next = members[(index + 1) % members.length] as (typeof members)[number];
        return dependency({ name: each.name, from: event, to: next.event, definition, stack: each.stack, index, at });
      })
      .reverse();
    return deadlockFinding({
      circle,
      message: sentence(
        circle.map(({ context }) => context.name),
        members.some(({ each }) => each.waitsFor.length > 0),
      ),
      help: adviceOn(cycle.flatMap((index) => inLine.get(index) ?? [])),
      at,
    });
  });
}

function adviceOn(lines: readonly Line[]): readonly string[] {
  if (lines.includes('mailbox')) return MAILBOX_ADVICE;
  if (lines.length > 1) return LINES_ADVICE;
  return lines.length === 1 ? OWN_LINE_ADVICE : AWAITED_VALUES_ADVICE;
}

interface Step {
  readonly name: string;
  readonly from: EventClass;
  readonly to: EventClass;
  readonly definition: Stack | null;
  readonly stack: Stack | null;
  readonly index: number;
  readonly at: Tick;
}

function dependency({ name, from, to, definition, stack, index, at }: Step): Dependency {
  return untrackedDependency({
    from,
    to,
    context: { id: (index + 1) as ContextId, name, kind: 'async' },
    start: { label: 'call', class: from, stack: definition },
    wait: { label: 'await', class: to, stack },
    event: { label: 'return', class: from, stack: null },
    at,
  });
}

/** @param areFunctions false: it is a promise that waits for itself, and the function waits for that */
function sentence(all: readonly string[], areFunctions: boolean): string {
  const names = [...new Set(all)];
  if (!areFunctions) return `${names[0]} awaits a promise that was resolved with one that waits for it.`;
  if (all.length === 1) return `${names[0]} awaits a promise that is settled only when ${names[0]} itself has ended.`;
  if (names.length === 1) return `${all.length} calls of ${names[0]} await each other for ever.`;
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)} await each other for ever.`;
}

function siteOf(stack: Stack | null): string | null {
  const frame = stack?.frames[0];
  return frame === undefined ? null : `${frame.file}:${frame.line}:${frame.column}`;
}

/** Objects have no order in a heap: a report begins with the name that comes first. */
function startingWithFirst(cycle: readonly number[], functions: readonly SuspendedFunction[]): readonly number[] {
  const keys = cycle.map((index) => `${functions[index]?.name} ${siteOf(functions[index]?.stack ?? null)}`);
  const first = keys.indexOf([...keys].sort()[0] as string);
  return [...cycle.slice(first + 1), ...cycle.slice(0, first + 1)];
}
