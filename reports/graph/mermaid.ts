import type { Finding } from '../../src/core/finding.ts';
import { oneLine } from '../text/names.ts';
import { classCircle } from './class-circle.ts';

/**
 * The circles as a flowchart of mermaid, which GitHub and GitLab draw in Markdown: a subgraph for each finding. An arrow
 * says that its tail cannot happen until its head happens. A wait with a timeout is dotted. Whole lines.
 */
export function formatMermaid(findings: readonly Finding[]): string {
  const lines = findings.flatMap((finding, index) => subgraph(finding, `f${index}`));
  return `${['flowchart LR', ...lines].join('\n')}\n`;
}

function subgraph(finding: Finding, prefix: string): readonly string[] {
  const { nodes, edges } = classCircle(finding);
  return [
    `  subgraph ${prefix}[${quoted([`${finding.code}: ${oneLine(finding.message)}`])}]`,
    ...(nodes.length === 0 ? [`    ${prefix}n["(no circle)"]`] : []),
    ...nodes.map(({ id, lines }) => `    ${prefix}${id}[${quoted(lines)}]`),
    ...edges.map(({ from, to, lines, isTimed }) => {
      const arrow = isTimed ? '-.->' : '-->';
      return `    ${prefix}${from} ${arrow}|${quoted(lines)}| ${prefix}${to}`;
    }),
    '  end',
  ];
}

/** Everything but plain letters goes as an entity: mermaid reads Markdown, HTML and its own syntax in strings. */
function quoted(lines: readonly string[]): string {
  const escaped = lines.map((line) =>
    line.replace(/[^\p{L}\p{N} .,:()/_-]/gu, (character) => `#${character.codePointAt(0)};`),
  );
  return `"${escaped.join('<br>')}"`;
}
