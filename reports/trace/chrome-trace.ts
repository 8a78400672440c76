import type { Dependency } from '../../src/core/dependency.ts';
import type { Finding, OpenWait } from '../../src/core/finding.ts';
import type { Stack } from '../../src/core/stack.ts';
import { placeOf, siteText } from '../text/frames.ts';
import { callText, contextLetter, oneLine, placeText } from '../text/names.ts';

/** One step of logical time, in microseconds of the trace: wide enough to be seen without zooming. */
const STEP_US = 1000;

type TraceEvent = Readonly<Record<string, unknown>>;

/**
 * The findings as Chrome trace events, for Perfetto and chrome://tracing. Each finding is a process and each context a
 * thread. Its slices are what it owes, from [S] on, and in it the wait, from [W] on; neither ends before the trace does.
 * A second thread has the event that is not reached, and an arrow leads from it to the wait that it would end. The time
 * is that of the deadlock, in steps: first every [S], then every [W], then the events. Whole lines.
 */
export function formatChromeTrace(findings: readonly Finding[]): string {
  const traceEvents = findings.flatMap((finding, index) => findingEvents(finding, index + 1));
  return `${JSON.stringify({ traceEvents, displayTimeUnit: 'ms' }, null, 1)}\n`;
}

function findingEvents(finding: Finding, pid: number): readonly TraceEvent[] {
  const name = `${finding.code} ${oneLine(finding.message)}`;
  return [
    { ph: 'M', name: 'process_name', pid, tid: 0, args: { name } },
    { ph: 'M', name: 'process_labels', pid, tid: 0, args: { labels: finding.fingerprint } },
    ...(finding.circle.length > 0
      ? finding.circle.flatMap((dependency, index) => contextEvents(dependency, index, finding.circle.length, pid))
      : finding.openWaits.flatMap((wait, index) => openWaitEvents(wait, index, finding.openWaits.length, pid))),
  ];
}

function contextEvents(dependency: Dependency, index: number, count: number, pid: number): readonly TraceEvent[] {
  const { start, wait, event, context, at, rule, timed } = dependency;
  const tid = 2 * index + 1;
  const end = 2 * count + 2;
  const eventAt = 2 * count + 0.5;
  const wakes = (index + 1) % count;
  const slice = sliceIn(pid, tid);
  return [
    ...threadNames(pid, tid, `${contextLetter(index)}: ${oneLine(context.name)}`),
    slice(`[S] ${placeText(start)}`, 'owes', index, end, { ...where(start.stack), context: context.kind }),
    slice(`[W] ${placeText(wait)}`, 'wait', count + index, end, { ...where(wait.stack), rule, timed, at }),
    { ...sliceIn(pid, tid + 1)(`[E] ${placeText(event)}`, 'event', eventAt, end, where(event.stack)) },
    arrow('s', pid, tid + 1, index, eventAt),
    arrow('f', pid, 2 * wakes + 1, index, eventAt + 0.5),
  ];
}

/** A wait that nobody answers: there is no event, and no arrow. */
function openWaitEvents(wait: OpenWait, index: number, count: number, pid: number): readonly TraceEvent[] {
  const tid = 2 * index + 1;
  const name = `${contextLetter(index)}: ${oneLine(wait.contextName)}`;
  const args = { ...where(wait.stack), object: wait.objectLabel };
  return [
    { ph: 'M', name: 'thread_name', pid, tid, args: { name } },
    sliceIn(pid, tid)(`[W] ${callText(wait.label, wait.className)}`, 'wait', index, count + 1, args),
  ];
}

function threadNames(pid: number, tid: number, name: string): readonly TraceEvent[] {
  return [name, `${name}, not reached`].flatMap((each, index) => [
    { ph: 'M', name: 'thread_name', pid, tid: tid + index, args: { name: each } },
    { ph: 'M', name: 'thread_sort_index', pid, tid: tid + index, args: { sort_index: tid + index } },
  ]);
}

function sliceIn(
  pid: number,
  tid: number,
): (name: string, cat: string, from: number, to: number, args: TraceEvent) => TraceEvent {
  return (name, cat, from, to, args) => ({
    ph: 'X',
    name,
    cat,
    pid,
    tid,
    ts: from * STEP_US,
    dur: (to - from) * STEP_US,
    args,
  });
}

function arrow(ph: 's' | 'f', pid: number, tid: number, index: number, at: number): TraceEvent {
  const binding = ph === 'f' ? { bp: 'e' } : {};
  return { ph, ...binding, name: 'would wake', cat: 'wake', id: pid * 1000 + index, pid, tid, ts: at * STEP_US };
}

function where(stack: Stack | null): TraceEvent {
  const place = placeOf(stack);
  return place === null ? {} : { site: siteText(place) };
}
