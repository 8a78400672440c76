import { className, type EventClass } from '../../src/core/classes.ts';
import type { Finding } from '../../src/core/finding.ts';
import { hasLine } from '../outline.ts';
import { placeOf, siteText } from '../text/frames.ts';
import { contextLetter, oneLine, placeText } from '../text/names.ts';

/** A class as a drawing shows it. */
export interface CircleNode {
  /** `c0`, `c1`, ...: never a name of the program, so that no name can be a keyword. */
  readonly id: string;
  readonly lines: readonly string[];
}

/** `from` cannot happen until `to` happens, because of a context. */
export interface CircleEdge {
  readonly from: string;
  readonly to: string;
  readonly lines: readonly string[];
  readonly isTimed: boolean;
}

/** The circle of classes of a finding: what a graph language needs to draw it. Empty without a circle. */
export function classCircle(finding: Finding): {
  readonly nodes: readonly CircleNode[];
  readonly edges: readonly CircleEdge[];
} {
  const ids = new Map<number, string>();
  const nodes: CircleNode[] = [];
  const idOf = (eventClass: EventClass): string => {
    const known = ids.get(eventClass.id);
    if (known !== undefined) return known;
    const id = `c${ids.size}`;
    ids.set(eventClass.id, id);
    const { kind, site } = eventClass.key;
    nodes.push({ id, lines: [className(eventClass), site === null ? kind : `${kind}, ${site}`].map(oneLine) });
    return id;
  };
  const edges = finding.circle.map(({ from, to, context, wait, timed }, index): CircleEdge => {
    const frame = placeOf(wait.stack);
    const place = hasLine(frame) ? siteText(frame) : null;
    const lines = [`${contextLetter(index)}: ${oneLine(context.name)}`, `[W] ${placeText(wait)}`];
    return { from: idOf(from), to: idOf(to), lines: place === null ? lines : [...lines, place], isTimed: timed };
  });
  return { nodes, edges };
}
