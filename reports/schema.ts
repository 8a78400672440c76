import { FINDING_KINDS } from '../src/core/finding.ts';
import { REPORT_SCHEMA_VERSION } from './document.ts';

/** A part of a JSON schema. */
export type JsonSchema = Readonly<Record<string, unknown>>;

const text: JsonSchema = { type: 'string' };
const textOrNull: JsonSchema = { type: ['string', 'null'] };
const count: JsonSchema = { type: 'integer', minimum: 0 };
const list = (items: JsonSchema): JsonSchema => ({ type: 'array', items });
const ref = (name: string): JsonSchema => ({ $ref: `#/$defs/${name}` });
const frames: JsonSchema = list(ref('frame'));

/** Every field is there; fields that a later dept adds are allowed. */
function record(properties: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return { type: 'object', properties, required: Object.keys(properties) };
}

const place = record({ label: textOrNull, class: text, site: textOrNull, stack: frames });

const dependency = record({
  from: text,
  to: text,
  fromClass: count,
  toClass: count,
  rule: { enum: ['wait', 'event', 'overlap', 'release', 'irq'] },
  timed: { type: 'boolean' },
  irqs: list({ enum: ['softirq', 'hardirq'] }),
  irqStack: frames,
  waker: frames,
  instances: {
    anyOf: [{ type: 'null' }, record({ from: count, fromLabel: text, to: count, toLabel: text })],
  },
  at: count,
});

const openWait = record({
  context: text,
  label: text,
  class: text,
  object: text,
  site: textOrNull,
  stack: frames,
  ageMs: { type: ['integer', 'null'], minimum: 0 },
  alike: count,
  owners: list(
    record({ context: text, label: text, site: textOrNull, stack: frames, alike: count, stoppedBy: list(count) }),
  ),
});

const suspended = record({
  name: text,
  site: textOrNull,
  stack: frames,
  awaits: textOrNull,
  waitsFor: list(count),
  locals: list(record({ name: text, value: textOrNull })),
});

/**
 * JSON schema (draft 2020-12) of a report document, for programs that read one without dept. Published as
 * `dept/report.v1.schema.json`.
 */
export const REPORT_SCHEMA: JsonSchema = Object.freeze({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: `urn:dept:report:v${REPORT_SCHEMA_VERSION}`,
  title: `dept report, version ${REPORT_SCHEMA_VERSION}`,
  ...record({
    schemaVersion: { const: REPORT_SCHEMA_VERSION },
    code: { enum: Object.keys(FINDING_KINDS) },
    kind: { enum: Object.values(FINDING_KINDS) },
    severity: { enum: ['error', 'warning', 'info'] },
    fingerprint: text,
    rules: { enum: ['linux', 'dept'] },
    message: text,
    help: list(text),
    classes: list(record({ name: text, site: textOrNull, kind: text, sub: count, capacity: count })),
    contexts: list(ref('context')),
    dependencies: list(ref('dependency')),
    openWaits: list(ref('openWait')),
    suspended: list(ref('suspended')),
    predictedBy: textOrNull,
    stack: frames,
    at: count,
    environment: { anyOf: [{ type: 'null' }, record({ release: text, process: list(text) })] },
  }),
  $defs: {
    frame: record({ function: textOrNull, file: textOrNull, line: count, column: count }),
    place,
    context: record({ name: text, kind: text, id: count, S: ref('place'), W: ref('place'), E: ref('place') }),
    dependency,
    openWait,
    suspended,
  },
});
