import { type ClassKey, type EventClass, readersOf } from '../src/core/classes.ts';
import type { ContextKind } from '../src/core/context.ts';
import type { ContextName, Dependency, InstancePair, Place, Rule } from '../src/core/dependency.ts';
import {
  FINDING_KINDS,
  type Finding,
  type FindingCode,
  type OpenWait,
  type SuspendedFunction,
} from '../src/core/finding.ts';
import type { ClassId, ContextId, ObjectId, Tick } from '../src/core/ids.ts';
import { IRQ_TYPES } from '../src/core/irq.ts';
import type { Stack } from '../src/core/stack.ts';
import { REPORT_SCHEMA_VERSION } from './document.ts';
import type { ReportEnvironment } from './environment.ts';
import { badReport, JsonValue } from './json-fields.ts';

/** A finding read back, with the process it was made in where the line says so. */
export interface ParsedReport {
  readonly finding: Finding;
  readonly environment: ReportEnvironment | null;
}

const CODES = Object.keys(FINDING_KINDS) as readonly FindingCode[];
const CONTEXT_KINDS: readonly ContextKind[] = ['main', 'async', 'task', 'work', 'softirq', 'hardirq'];
const RULES: readonly Rule[] = ['wait', 'event', 'overlap', 'release', 'irq'];

/**
 * Reads one line back into a finding that formats to the same text.
 * @param line number of the line, for messages
 * @throws DeptError ERR_DEPT_BAD_REPORT naming the line and the field
 */
export function parseReportLine(text: string, line = 1): ParsedReport {
  const report = new JsonValue(parseJson(text, line), '', line);
  const version = report.field('schemaVersion').count();
  if (version > REPORT_SCHEMA_VERSION) {
    throw badReport(
      line,
      `it has schemaVersion ${version}, this dept reads up to ${REPORT_SCHEMA_VERSION}: use a newer dept`,
    );
  }
  return { finding: readFinding(report), environment: report.field('environment').orNull(readEnvironment) };
}

/**
 * Reads a whole file of NDJSON; empty lines are skipped.
 * @throws DeptError ERR_DEPT_BAD_REPORT for the first line that is no report
 */
export function parseReports(text: string): readonly ParsedReport[] {
  const reports: ParsedReport[] = [];
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    if (line.trim() !== '') reports.push(parseReportLine(line, index + 1));
  }
  return reports;
}

function parseJson(text: string, line: number): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badReport(line, `it is not JSON (${(error as Error).message})`, error);
  }
}

function readFinding(report: JsonValue): Finding {
  const code = report.field('code').oneOf(CODES);
  const classes = readClasses(report.field('classes'));
  return {
    code,
    kind: report.field('kind').oneOf([FINDING_KINDS[code]]),
    severity: report.field('severity').oneOf(['error', 'warning', 'info']),
    fingerprint: report.field('fingerprint').string(),
    rules: report.field('rules').oneOf(['linux', 'dept']),
    circle: readCircle(report, classes),
    message: report.field('message').string(),
    help: report
      .field('help')
      .items()
      .map((advice) => advice.string()),
    predictedBy: report.field('predictedBy').orNull((value) => value.string()),
    openWaits: report.field('openWaits').items().map(readOpenWait),
    ...readSuspended(report.field('suspended')),
    stack: readStack(report.field('stack')),
    at: report.field('at').count() as Tick,
  };
}

function readClasses(value: JsonValue): readonly EventClass[] {
  return value.items().map((item, index) => {
    const name = item.field('name').string();
    const sub = item.field('sub').count();
    if (!name.endsWith(`:${sub}`)) item.field('name').refuse(`a name that ends with its sub-class, :${sub}`);
    const kind = item.field('kind').string();
    const key: ClassKey = {
      id: index,
      name: name.slice(0, -`:${sub}`.length),
      site: item.field('site').orNull((site) => site.string()),
      kind,
      readers: readersOf(kind),
      capacity: item.field('capacity').count(),
      isByUse: false,
      captures: 0,
    };
    return { id: index as ClassId, key, sub };
  });
}

function readCircle(report: JsonValue, classes: readonly EventClass[]): readonly Dependency[] {
  const contexts = report.field('contexts').items();
  const dependencies = report.field('dependencies');
  const items = dependencies.items();
  if (items.length !== contexts.length)
    dependencies.refuse(`one dependency for each of the ${contexts.length} contexts`);
  return contexts.map((context, index) => readDependency(context, items[index] as JsonValue, classes));
}

function readDependency(context: JsonValue, value: JsonValue, classes: readonly EventClass[]): Dependency {
  const from = classAt(value.field('fromClass'), value.field('from'), classes);
  const to = classAt(value.field('toClass'), value.field('to'), classes);
  return {
    from,
    to,
    rule: value.field('rule').oneOf(RULES),
    context: readContextName(context),
    start: readPlace(context.field('S'), from, classes),
    wait: readPlace(context.field('W'), to, classes),
    event: readPlace(context.field('E'), from, classes),
    waker: readStack(value.field('waker')),
    timed: value.field('timed').boolean(),
    irqs: value
      .field('irqs')
      .items()
      .map((irq) => irq.oneOf(IRQ_TYPES)),
    irqStack: readStack(value.field('irqStack')),
    instances: value.field('instances').orNull(readInstances),
    at: value.field('at').count() as Tick,
  };
}

function classAt(index: JsonValue, name: JsonValue, classes: readonly EventClass[]): EventClass {
  const found = classes[index.count()];
  if (found === undefined) return index.refuse(`the index of one of the ${classes.length} classes`);
  if (nameOf(found) !== name.string()) name.refuse(`${nameOf(found)}, the name of the class it points to`);
  return found;
}

function nameOf({ key, sub }: EventClass): string {
  return `${key.name}:${sub}`;
}

function readContextName(context: JsonValue): ContextName {
  return {
    id: context.field('id').count() as ContextId,
    name: context.field('name').string(),
    kind: context.field('kind').oneOf(CONTEXT_KINDS),
  };
}

/** A place nearly always speaks of the class at its end of the dependency; another one is looked up by name. */
function readPlace(value: JsonValue, expected: EventClass, classes: readonly EventClass[]): Place {
  const name = value.field('class').string();
  const eventClass = nameOf(expected) === name ? expected : classes.find((other) => nameOf(other) === name);
  return {
    label: value.field('label').orNull((label) => label.string()),
    class: eventClass ?? value.field('class').refuse('the name of one of the classes'),
    stack: readStack(value.field('stack')),
  };
}

function readInstances(value: JsonValue): InstancePair {
  return {
    from: value.field('from').count() as ObjectId,
    fromLabel: value.field('fromLabel').string(),
    to: value.field('to').count() as ObjectId,
    toLabel: value.field('toLabel').string(),
  };
}

function readOpenWait(value: JsonValue): OpenWait {
  return {
    contextName: value.field('context').string(),
    label: value.field('label').string(),
    className: value.field('class').string(),
    objectLabel: value.field('object').string(),
    stack: readStack(value.field('stack')),
    ...ageOf(value.field('ageMs')),
    ...alike(value.field('alike')),
    owners: value
      .field('owners')
      .items()
      .map((owner) => ({
        contextName: owner.field('context').string(),
        startLabel: owner.field('label').string(),
        stack: readStack(owner.field('stack')),
        ...alike(owner.field('alike')),
        ...stoppedBy(owner.field('stoppedBy')),
      })),
  };
}

// An older dept wrote none of these.

function ageOf(value: JsonValue): { readonly ageMs?: number } {
  const ageMs = value.orNull((age) => age.count());
  return ageMs === null ? {} : { ageMs };
}

function alike(value: JsonValue): { readonly alike?: number } {
  const more = value.orNull((count) => count.count()) ?? 0;
  return more === 0 ? {} : { alike: more };
}

function stoppedBy(value: JsonValue): { readonly stoppedBy?: readonly number[] } {
  const indexes = value.orNull(readCounts) ?? [];
  return indexes.length === 0 ? {} : { stoppedBy: indexes };
}

function readSuspended(value: JsonValue): { readonly suspended?: readonly SuspendedFunction[] } {
  const suspended = value.orNull((all) => all.items().map(readFunction)) ?? [];
  return suspended.length === 0 ? {} : { suspended };
}

function readFunction(value: JsonValue): SuspendedFunction {
  return {
    name: value.field('name').string(),
    stack: readStack(value.field('stack')),
    awaits: value.field('awaits').orNull((awaits) => awaits.string()),
    waitsFor: readCounts(value.field('waitsFor')),
    locals: value
      .field('locals')
      .items()
      .map((local) => ({
        name: local.field('name').string(),
        value: local.field('value').orNull((text) => text.string()),
      })),
  };
}

function readCounts(value: JsonValue): readonly number[] {
  return value.items().map((item) => item.count());
}

function readStack(value: JsonValue): Stack | null {
  const frames = value.items().map((frame) => ({
    functionName: frame.field('function').orNull((name) => name.string()),
    file: frame.field('file').orNull((file) => file.string()),
    line: frame.field('line').count(),
    column: frame.field('column').count(),
  }));
  return frames.length === 0 ? null : { frames };
}

function readEnvironment(value: JsonValue): ReportEnvironment {
  return {
    release: value.field('release').string(),
    process: value
      .field('process')
      .items()
      .map((line) => line.string()),
  };
}
