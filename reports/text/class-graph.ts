import { className, type EventClass } from '../../src/core/classes.ts';
import type { ClassId } from '../../src/core/ids.ts';
import { connectedParts, type NameGraph, nameGraph, type Shape, shapeOf } from './graph-shape.ts';
import { oneLine } from './names.ts';

/** An edge to draw; every `Dependency` is one. */
export interface DrawnEdge {
  readonly from: EventClass;
  readonly to: EventClass;
}

/** A drawing that is wider falls back to a list. */
const MAX_WIDTH = 110;

/**
 * A small dependency graph as the kernel's documentation draws it (Documentation/dev-tools/dept.rst), `A -> B` for
 * "event A depends on event B": chains, loops, a branch off a loop, two chains that meet, a chain that parts. What has
 * another shape is listed edge by edge. Whole lines; the same edges in the same order give the same drawing. Class
 * names go without their `:0`.
 */
export function drawClassGraph(edges: readonly DrawnEdge[]): string {
  const names = new Map<ClassId, string>();
  for (const { from, to } of edges) for (const node of [from, to]) names.set(node.id, shortName(node));
  const name = (id: ClassId): string => names.get(id) ?? '';
  const parts = connectedParts(nameGraph(edges.map(({ from, to }) => [from.id, to.id])));
  return parts.map((part) => `${drawPart(part, name).join('\n')}\n`).join('\n');
}

function shortName(node: EventClass): string {
  return oneLine(node.sub === 0 ? node.key.name : className(node));
}

function drawPart(part: NameGraph, name: (id: ClassId) => string): readonly string[] {
  const shape = shapeOf(part);
  const lines = shape === null ? null : draw(shape, name);
  if (lines?.every((line) => line.length <= MAX_WIDTH)) return lines;
  return part.edges.map(([from, to]) => `${name(from)} -> ${name(to)}`);
}

function draw(shape: Shape, name: (id: ClassId) => string): readonly string[] {
  const join = (nodes: readonly ClassId[]): string => nodes.map(name).join(' -> ');
  switch (shape.kind) {
    case 'chain':
      return [join(shape.nodes)];
    case 'loop':
      return drawLoop(join(shape.nodes), join(shape.branch));
    case 'meeting':
      return shape.loops
        ? drawLoopedMeeting(join(shape.upper), join(shape.lower), join(shape.tail))
        : drawMeeting(join(shape.upper), join(shape.lower), join(shape.tail));
    case 'parting':
      return drawParting(join(shape.head), join(shape.upper), join(shape.lower));
  }
}

const spaces = (count: number): string => ' '.repeat(Math.max(0, count));

/**
 * ```
 *                   -> D
 *                  /
 *  -> C -> A -> B -
 * /                \
 * \                /
 *  ----------------
 * ```
 */
function drawLoop(nodes: string, branch: string): readonly string[] {
  const top = `-> ${nodes} -`;
  const width = top.length;
  const leaving = branch === '' ? [] : [`${spaces(width + 2)}-> ${branch}`, `${spaces(width + 1)}/`];
  return [...leaving, ` ${top}`, `/${spaces(width)}\\`, `\\${spaces(width)}/`, ` ${'-'.repeat(width)}`];
}

/**
 * ```
 * A -> B -
 *         \
 *          -> E
 *         /
 * C -> D -
 * ```
 */
function drawMeeting(upper: string, lower: string, tail: string): readonly string[] {
  const width = Math.max(upper.length, lower.length);
  return [
    `${spaces(width - upper.length)}${upper} -`,
    `${spaces(width + 2)}\\`,
    `${spaces(width + 3)}-> ${tail}`,
    `${spaces(width + 2)}/`,
    `${spaces(width - lower.length)}${lower} -`,
  ];
}

/**
 * ```
 *     A -> B -
 *             \
 *              -> E -
 *             /      \
 *  -> C -> D -        \
 * /                   /
 * \                  /
 *  ------------------
 * ```
 */
function drawLoopedMeeting(upper: string, lower: string, tail: string): readonly string[] {
  const width = Math.max(upper.length, lower.length);
  const bend = 4 + width + 2;
  const middle = `-> ${tail} -`;
  const far = bend + middle.length;
  return [
    `${spaces(4 + width - upper.length)}${upper} -`,
    `${spaces(bend)}\\`,
    `${spaces(bend + 1)}${middle}`,
    `${spaces(bend)}/${spaces(middle.length)}\\`,
    `${spaces(1 + width - lower.length)}-> ${lower} -${spaces(far - bend + 2)}\\`,
    `/${spaces(far + 1)}/`,
    `\\${spaces(far)}/`,
    ` ${'-'.repeat(far)}`,
  ];
}

/**
 * ```
 *     -> B
 *    /
 * A -
 *    \
 *     -> C
 * ```
 */
function drawParting(head: string, upper: string, lower: string): readonly string[] {
  const bend = head.length + 2;
  return [
    `${spaces(bend + 1)}-> ${upper}`,
    `${spaces(bend)}/`,
    `${head} -`,
    `${spaces(bend)}\\`,
    `${spaces(bend + 1)}-> ${lower}`,
  ];
}
