/** A figure as the page shows it. */
export interface Figure {
  readonly measure: string;
  readonly nodes: number | null;
  readonly value: number;
  readonly text: string;
  readonly goal: string;
  readonly detail: string;
}

/** The figures of one bench, measured in one run. */
export interface Section {
  readonly name: string;
  /** The Node that ran it, as `v24.1.0`. */
  readonly node: string;
  readonly rows: readonly Figure[];
}

const HEADINGS: Readonly<Record<string, string>> = {
  graph: 'The dependency graph',
  'hot-path': 'The hot path',
  preload: 'Programs that know nothing of dept',
  report: 'A report',
  scale: 'Memory and scale',
};

/** docs/performance.md. @param sections several of one name were run by several Nodes, and share a table */
export function performancePage(sections: readonly Section[]): string {
  const parts = Object.keys(HEADINGS).flatMap((name) => {
    const runs = sections.filter((section) => section.name === name);
    return runs.length === 0 ? [] : [`## ${HEADINGS[name]}\n\n${sectionOf(name, runs)}`];
  });
  return `# Performance

What you get here: what dept costs, each section measured in one run against baselines of the same run. The page is written by
\`npm run bench -- --write\`; run it on your own machine. These figures come from a noisy machine with two cores.
Read differences below a third as nothing. A goal that was not reached says so.

${parts.join('\n\n')}
`;
}

function sectionOf(name: string, runs: readonly Section[]): string {
  const [first] = runs;
  if (first === undefined) return '';
  if (runs.length > 1) return byNode(runs);
  return `Node ${first.node}.\n\n${table(first.rows)}${name === 'graph' ? plot(first.rows) : ''}`;
}

/** One column for each Node: a figure alone, as what it was measured against differs. */
function byNode(runs: readonly Section[]): string {
  const measures = [...new Set(runs.flatMap(({ rows }) => rows.map(({ measure }) => measure)))];
  const head = ['what', ...runs.map(({ node }) => `Node ${node}`), 'goal'];
  const lines = measures.map((measure) => {
    const figures = runs.map(({ rows }) => rows.find((row) => row.measure === measure));
    const goal = figures.find((figure) => figure !== undefined)?.goal ?? '';
    return [measure, ...figures.map((figure) => (figure === undefined ? '' : shown(figure))), goal];
  });
  const rows = [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`);
  return ['Each column is a run of its own, against baselines of that Node.', '', ...rows].join('\n');
}

function shown(figure: Figure): string {
  return isMet(figure) ? figure.text : `${figure.text} **not reached**`;
}

function table(rows: readonly Figure[]): string {
  const hasNodes = rows.some(({ nodes }) => nodes !== null);
  const head = hasNodes
    ? '| what | nodes | measured | goal |\n|---|---|---|---|'
    : '| what | measured | goal |\n|---|---|---|';
  const lines = rows.map((row) => {
    const measured = row.detail === '' ? row.text : `${row.text} (${row.detail})`;
    const verdict = isMet(row) ? row.goal : `${row.goal} **not reached**`;
    const cells = hasNodes ? [row.measure, row.nodes ?? '', measured, verdict] : [row.measure, measured, verdict];
    return `| ${cells.join(' | ')} |`;
  });
  return [head, ...lines].join('\n');
}

/** True where there is no goal. */
function isMet({ goal, value }: Figure): boolean {
  if (goal === '') return true;
  const limit = Number(goal.replace(/^[<>]= ?/, ''));
  return goal.startsWith('>') ? value >= limit : value <= limit;
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
