import type { Finding } from '../../src/core/finding.ts';
import { oneLine } from '../text/names.ts';
import { classCircle } from './class-circle.ts';

/**
 * The circles as one graph in the DOT language of Graphviz, a cluster for each finding: an arrow says that its tail
 * cannot happen until its head happens. A wait with a timeout is dashed. Whole lines.
 */
export function formatDot(findings: readonly Finding[]): string {
  const lines = ['digraph dept {', '  node [shape=box, fontname="monospace"];', '  edge [fontname="monospace"];'];
  for (const [index, finding] of findings.entries()) lines.push(...cluster(finding, index));
  return `${[...lines, '}'].join('\n')}\n`;
}

function cluster(finding: Finding, index: number): readonly string[] {
  const { nodes, edges } = classCircle(finding);
  const prefix = `f${index}`;
  const title = [`${finding.code} ${finding.fingerprint}`, finding.message].map(oneLine);
  return [
    `  subgraph cluster_${index} {`,
    `    label=${quoted(title)};`,
    ...(nodes.length === 0 ? [`    ${prefix} [label="(no circle)"];`] : []),
    ...nodes.map(({ id, lines }) => `    ${prefix}${id} [label=${quoted(lines)}];`),
    ...edges.map(({ from, to, lines, isTimed }) => {
      const style = isTimed ? ', style=dashed' : '';
      return `    ${prefix}${from} -> ${prefix}${to} [label=${quoted(lines)}${style}];`;
    }),
    '  }',
  ];
}

/** A string of DOT; a backslash begins an escape there, also one that fetches other attributes (`\N`). */
function quoted(lines: readonly string[]): string {
  return `"${lines.map((line) => line.replaceAll('\\', '\\\\').replaceAll('"', '\\"')).join('\\n')}"`;
}
