import { className, type EventClass } from '../src/core/classes.ts';
import type { Dependency, Place } from '../src/core/dependency.ts';
import type { Finding, OpenWait, SuspendedFunction } from '../src/core/finding.ts';
import type { Stack } from '../src/core/stack.ts';
import {
  type ClassLine,
  type ContextLine,
  type DependencyLine,
  type FrameLine,
  type OpenWaitLine,
  type PlaceLine,
  REPORT_SCHEMA_VERSION,
  type ReportDocument,
  type SuspendedLine,
} from './document.ts';
import type { ReportEnvironment } from './environment.ts';
import { placeOf, siteText } from './text/frames.ts';

/** The finding as plain JSON. Reads its stacks, which may be dear. */
export function toReportDocument(finding: Finding, environment: ReportEnvironment | null = null): ReportDocument {
  const classes = classesOf(finding.circle);
  return {
    schemaVersion: REPORT_SCHEMA_VERSION,
    code: finding.code,
    kind: finding.kind,
    severity: finding.severity,
    fingerprint: finding.fingerprint,
    rules: finding.rules,
    message: finding.message,
    help: finding.help,
    classes: classes.map(classLine),
    contexts: finding.circle.map(contextLine),
    dependencies: finding.circle.map((dependency) => dependencyLine(dependency, classes)),
    openWaits: finding.openWaits.map(openWaitLine),
    suspended: (finding.suspended ?? []).map(suspendedLine),
    predictedBy: finding.predictedBy,
    stack: frameLines(finding.stack),
    at: finding.at,
    environment,
  };
}

/** The finding as one line of NDJSON, newline included. */
export function formatReportLine(finding: Finding, environment: ReportEnvironment | null = null): string {
  return `${JSON.stringify(toReportDocument(finding, environment))}\n`;
}

/** Every class of the circle once, in reading order. */
function classesOf(circle: readonly Dependency[]): readonly EventClass[] {
  const classes = new Map<number, EventClass>();
  for (const { from, to, start, wait, event } of circle) {
    for (const eventClass of [from, to, start.class, wait.class, event.class]) {
      if (!classes.has(eventClass.id)) classes.set(eventClass.id, eventClass);
    }
  }
  return [...classes.values()];
}

function classLine(eventClass: EventClass): ClassLine {
  const { key, sub } = eventClass;
  return { name: className(eventClass), site: key.site, kind: key.kind, sub, capacity: key.capacity };
}

function contextLine({ context, start, wait, event }: Dependency): ContextLine {
  return {
    name: context.name,
    kind: context.kind,
    id: context.id,
    S: placeLine(start),
    W: placeLine(wait),
    E: placeLine(event),
  };
}

function placeLine(place: Place): PlaceLine {
  return { label: place.label, class: className(place.class), ...stackFields(place.stack) };
}

function dependencyLine(dependency: Dependency, classes: readonly EventClass[]): DependencyLine {
  const indexOf = (eventClass: EventClass): number => classes.findIndex(({ id }) => id === eventClass.id);
  return {
    from: className(dependency.from),
    to: className(dependency.to),
    fromClass: indexOf(dependency.from),
    toClass: indexOf(dependency.to),
    rule: dependency.rule,
    timed: dependency.timed,
    irqs: dependency.irqs,
    irqStack: frameLines(dependency.irqStack ?? null),
    waker: frameLines(dependency.waker),
    instances: dependency.instances,
    at: dependency.at,
  };
}

function openWaitLine(wait: OpenWait): OpenWaitLine {
  return {
    context: wait.contextName,
    label: wait.label,
    class: wait.className,
    object: wait.objectLabel,
    ...stackFields(wait.stack),
    ageMs: wait.ageMs ?? null,
    alike: wait.alike ?? 0,
    owners: wait.owners.map((owner) => ({
      context: owner.contextName,
      label: owner.startLabel,
      ...stackFields(owner.stack),
      alike: owner.alike ?? 0,
      stoppedBy: owner.stoppedBy ?? [],
    })),
  };
}

function suspendedLine({ name, stack, awaits, waitsFor, locals }: SuspendedFunction): SuspendedLine {
  return { name, ...stackFields(stack), awaits, waitsFor, locals };
}

function stackFields(stack: Stack | null): { readonly site: string | null; readonly stack: readonly FrameLine[] } {
  const place = placeOf(stack);
  return { site: place === null ? null : siteText(place), stack: frameLines(stack) };
}

function frameLines(stack: Stack | null): readonly FrameLine[] {
  return (stack?.frames ?? []).map(({ functionName, file, line, column }) => ({
    function: functionName,
    file,
    line,
    column,
  }));
}
