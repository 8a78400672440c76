/** A figure as the page shows it. */
export interface Figure {
  readonly measure: string;
  readonly nodes: number | null;
  readonly value: number;
  readonly text: string;
  readonly goal: string;
  readonly detail: string;
}

export interface Section {
  readonly name: string;
  readonly rows: readonly Figure[];
}

const HEADINGS: Readonly<Record<string, string>> = {
  graph: 'The dependency graph',
  'hot-path': 'The hot path',
  preload: 'Programs that know nothing of dept',
  report: 'A report',
  scale: 'Memory and scale',
};

/** docs/performance.md, from the figures of one run. */
export function performancePage(sections: readonly Section[], node: string): string {
  const parts = sections.map(
    ({ name, rows }) => `## ${HEADINGS[name] ?? name}\n\n${table(rows)}${name === 'graph' ? plot(rows) : ''}`,
  );
  return `# Performance

What you get here: what dept costs, measured in one run against baselines of the same run. The page is written by
\`npm run bench -- --write\`; run it on your own machine. These figures come from a noisy machine with two cores, Node
${node}. Read differences below a third as nothing. A goal that was not reached says so.

${parts.join('\n\n')}
`;
}

function table(rows: readonly Figure[]): string {
  const hasNodes = rows.some(({ nodes }) => nodes !== null);
  const head = hasNodes
    ? '| what | nodes | measured | goal |\n|---|---|---|---|'
    : '| what | measured | goal |\n|---|---|---|';
  const lines = rows.map((row) => {
    const measured = row.detail === '' ? row.text : `${row.text} (${row.detail})`;
    const cells = hasNodes
      ? [row.measure, row.nodes ?? '', measured, verdict(row)]
      : [row.measure, measured, verdict(row)];
    return `| ${cells.join(' | ')} |`;
  });
  return [head, ...lines].join('\n');
}

function verdict({ goal, value }: Figure): string {
  const limit = Number(goal.replace(/^[<>]= ?/, ''));
  const isMet = goal.startsWith('>') ? value >= limit : value <= limit;
  return goal === '' ? '' : `${goal}${isMet ? '' : ' **not reached**'}`;
}

const WIDTH = 40;

/** Nanoseconds of a new edge by the size of the graph, as bars. */
function plot(rows: readonly Figure[]): string {
  const names = ['hierarchy', 'hierarchy-shuffled', 'random-4', 'reverse'];
  const series = rows.filter((row) => row.nodes !== null && names.some((name) => row.measure === `${name}: new edge`));
  const most = Math.max(...series.map(({ value }) => value));
  if (series.length === 0) return '';
  const lines = series.map(({ measure, nodes, value }) => {
    const bar = '#'.repeat(Math.max(1, Math.round((value / most) * WIDTH)));
    return `| ${measure.replace(': new edge', '')} | ${nodes} | ${value.toFixed(0)} ns | \`${bar}\` |`;
  });
  return `\n\nA new edge by the number of classes:\n\n| graph | classes | one new edge | |\n|---|---|---|---|\n${lines.join('\n')}`;
}
