import type { CaseResult } from './run-case.ts';

/** One row of a drawn timeline: what a context did, and what became of it. */
interface Row {
  readonly context: string;
  readonly op: string;
  readonly mark: string;
}

/** Rows drawn of a case without contexts worth columns: raw graphs. */
const MAX_GRAPH_ROWS = 12;

/**
 * The run as the kernel documentation draws it: a column for each context, one operation a row in the order in which they
 * happened (Documentation/dependency/dept.txt).
 */
export function drawTimeline(result: CaseResult): string {
  const { scenario } = result;
  if (result.mode === 'graph') return drawGraph(result);
  const rows = result.started.length > 0 ? startedRows(result) : listedRows(result);
  const columns = scenario.contexts.map(({ name }) => name);
  const widths = columns.map((name) =>
    Math.max(`context ${name}`.length, ...rows.filter((row) => row.context === name).map((row) => cell(row).length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((text, i) => text.padEnd(widths[i] ?? 0))
      .join('   ')
      .trimEnd();
  const body = rows.map((row) => line(columns.map((name) => (name === row.context ? cell(row) : ''))));
  return [line(columns.map((name) => `context ${name}`)), '', ...body].map((text) => `   ${text}`.trimEnd()).join('\n');
}

function cell({ op, mark }: Row): string {
  return mark === '' ? op : `${op} <- ${mark}`;
}

/** What really ran. */
function startedRows(result: CaseResult): readonly Row[] {
  const MARKS = { 'at-once': '', 'after-waiting': 'waited', 'timed-out': 'timed out', stuck: 'DEADLOCK' } as const;
  return result.started.map(({ context, op, ending }) => ({ context, op, mark: MARKS[ending] }));
}

/** Class mode: contexts one after another, with what was said at each operation. */
function listedRows({ scenario, notes }: CaseResult): readonly Row[] {
  let at = 0;
  return scenario.contexts.flatMap(({ name, ops }) =>
    ops.map(({ text }) => {
      at++;
      const said = [...new Set(notes.filter((note) => note.at === at).map(({ verdict }) => verdict))];
      return { context: name, op: text, mark: said.join(', ').replace('deadlock', 'DEADLOCK') };
    }),
  );
}

function drawGraph({ scenario, failed }: CaseResult): string {
  const ops = scenario.contexts.flatMap((context) => context.ops.map(({ text }) => text));
  const shown = ops.length > MAX_GRAPH_ROWS ? [...ops.slice(0, MAX_GRAPH_ROWS - 1), `... ${ops.length} in all`] : ops;
  const wrong = failed.map(({ op, got }) => `${op} <- got =${got}`);
  return [...shown, ...wrong].map((text) => `   ${text}`).join('\n');
}
