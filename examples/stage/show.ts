// How every example prints what each detector saw. The examples themselves hold only what they are about.
import { type Dependency, NodeStacks } from 'dept';
import { drawClassGraph, formatDept, type Indent } from 'dept/reports';
import { drawSteps, type Seen, sideBySide, type Verdicts } from 'dept/scenario';
import type { World } from 'dept/sync';

/** Runs the contexts under every detector and prints the timeline as it came out. */
export async function play(title: string, build: (world: World) => void): Promise<Verdicts> {
  const verdicts = await sideBySide(build, { stacks: new NodeStacks(16) });
  print(`${title}\n${'='.repeat(title.length)}\n`);
  print(drawSteps(verdicts.steps.filter(({ text }) => !leftOut.some((name) => text.endsWith(` ${name}`)))));
  const stuck = verdicts.run.stuck.map(({ task }) => task.name).sort();
  print(stuck.length === 0 ? 'Nobody hangs in this run.\n' : `Hangs: ${stuck.join(', ')}.\n`);
  return verdicts;
}

let leftOut: readonly string[] = [];

/** Timelines show no steps of the objects named from now on: what the example is not about. */
export function leaveOut(...names: readonly string[]): void {
  leftOut = names;
}

export function showLockdep({ lockdep }: Verdicts): void {
  const titles = lockdep.map((report) => report.title);
  print(`lockdep sees: ${titles.length === 0 ? 'nothing' : titles.join('; ')}\n`);
}

/** What DEPT made of the run: one line a finding. */
export function showDept(name: string, seen: Seen): void {
  const lines = seen.findings.map((finding) => `${finding.code} ${finding.message}`);
  print(`DEPT (${name} rules) sees: ${lines.length === 0 ? 'nothing' : lines.join('; ')}\n`);
}

export function showLive({ live }: Verdicts): void {
  const lines = live.map((finding) => `${finding.code} ${finding.message}`);
  print(`Live (contexts blocked now): ${lines.length === 0 ? 'nothing' : lines.join('; ')}\n`);
}

/**
 * The dependency graph after each dependency that was learnt, with the rule that made it. As in the documentation, what
 * follows from others (A -> E where A -> B -> E is there) is said but not drawn.
 */
export function showGrowth(name: string, { dependencies }: Seen): void {
  print(`The graph as it grows (${name} rules):\n`);
  const drawn: Dependency[] = [];
  for (const dependency of dependencies) {
    const { from, to, rule, context } = dependency;
    const isImplied = leads(drawn, from.id, to.id);
    const said = `  ${context.name} adds ${from.key.name} -> ${to.key.name} (rule ${rule})`;
    print(`${said}${isImplied ? ', which follows from the others' : ':'}\n`);
    if (isImplied) continue;
    drawn.push(dependency);
    print(indent(drawClassGraph(drawn)));
  }
  if (dependencies.length === 0) print('  no dependency at all\n');
}

function leads(edges: readonly Dependency[], from: number, to: number): boolean {
  const reached = new Set<number>([from]);
  for (let size = 0; size < reached.size; ) {
    size = reached.size;
    for (const edge of edges) if (reached.has(edge.from.id)) reached.add(edge.to.id);
  }
  return reached.has(to);
}

/** The whole report of the first finding. */
export function showReport({ findings }: Seen, layout: Indent = 3): void {
  const [finding] = findings;
  if (finding !== undefined) print(formatDept(finding, { indent: layout }));
}

export function print(text: string): void {
  process.stdout.write(`${text}${text.endsWith('\n\n') ? '' : '\n'}`);
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => (line === '' ? '' : `    ${line}`))
    .join('\n');
}
