import type { EventClassNode, EvidenceEdge } from './evidence-graph.ts';

/** True for what reports can be made from: a file may have come from anywhere. */
export function isNode(node: Readonly<Record<keyof EventClassNode, unknown>>): boolean {
  const { kind, site, sub, capacity } = node;
  return isText(kind) && isTextOrNull(site) && isCount(sub) && isCount(capacity);
}

/** The same of an edge. */
export function isEdge(edge: Readonly<Record<keyof EvidenceEdge, unknown>>): boolean {
  const { rule, context, contextKind, timed, irqs, start, wait, event, gates } = edge;
  return (
    [rule, context, contextKind].every(isText) &&
    typeof timed === 'boolean' &&
    isListOf(irqs, isText) &&
    [start, wait, event].every(isPlace) &&
    isListOf(gates, isGate)
  );
}

function isPlace(value: unknown): boolean {
  return isRecord(value) && isTextOrNull(value['label']) && isListOf(value['frames'], isFrame);
}

function isFrame(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { functionName, file, line, column } = value;
  return isTextOrNull(functionName) && isTextOrNull(file) && isCount(line) && isCount(column);
}

function isGate(value: unknown): boolean {
  return isRecord(value) && isText(value['label']) && typeof value['shared'] === 'boolean';
}

function isListOf(value: unknown, is: (entry: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(is);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isTextOrNull(value: unknown): boolean {
  return value === null || isText(value);
}

/** Without a bound in JSON, which knows no Infinity. */
function isCount(value: unknown): boolean {
  return value === null || (typeof value === 'number' && value >= 0);
}
