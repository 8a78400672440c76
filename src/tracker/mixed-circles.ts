/** An edge with the set of runs it was seen in, one bit each. */
export interface MergedEdge {
  readonly from: number;
  readonly to: number;
  readonly runs: bigint;
}

/** Steps a search for one circle may take. */
const MAX_STEPS = 100_000;

interface Step<E> {
  readonly edge: E;
  /** Runs that saw every edge so far. */
  readonly runs: bigint;
  readonly before: Step<E> | null;
}

/**
 * For each edge a short circle through it that no single run saw whole, if there is one. A search goes over pairs of a
 * node and the runs that saw the whole way to it; these only become fewer on the way.
 * O(edges) searches of O(edges * sets of runs) each, on what is left when edges on no circle are taken away.
 */
export function* mixedCircles<E extends MergedEdge>(edges: readonly E[]): Generator<readonly E[]> {
  const left = onCircles(edges);
  const out = new Map<number, E[]>();
  for (const edge of left) {
    const known = out.get(edge.from);
    if (known === undefined) out.set(edge.from, [edge]);
    else known.push(edge);
  }
  for (const edge of left) {
    const circle = through(edge, out);
    if (circle !== null) yield circle;
  }
}

function through<E extends MergedEdge>(first: E, out: ReadonlyMap<number, readonly E[]>): readonly E[] | null {
  const open: Step<E>[] = [{ edge: first, runs: first.runs, before: null }];
  const seen = new Set<string>();
  for (const step of open) {
    if (open.length > MAX_STEPS) return null;
    for (const edge of out.get(step.edge.to) ?? []) {
      const runs = step.runs & edge.runs;
      const next = { edge, runs, before: step };
      if (edge.to === first.from) {
        if (runs === 0n) return path(next);
        continue;
      }
      const state = `${edge.to} ${runs}`;
      if (seen.has(state) || passes(step, edge.to)) continue;
      seen.add(state);
      open.push(next);
    }
  }
  return null;
}

/** A walk that meets itself is two circles, each of which may belong to one run. */
function passes(last: Step<MergedEdge>, node: number): boolean {
  for (let step: Step<MergedEdge> | null = last; step !== null; step = step.before) {
    if (step.edge.from === node || step.edge.to === node) return true;
  }
  return false;
}

function path<E>(last: Step<E>): readonly E[] {
  const edges: E[] = [];
  for (let step: Step<E> | null = last; step !== null; step = step.before) edges.push(step.edge);
  return edges.reverse();
}

/** Takes away, again and again, what leads from a node nothing leads to, or to one that leads nowhere. */
function onCircles<E extends MergedEdge>(edges: readonly E[]): readonly E[] {
  let left = edges;
  for (;;) {
    const sources = new Set(left.map(({ from }) => from));
    const targets = new Set(left.map(({ to }) => to));
    const kept = left.filter(({ from, to }) => targets.has(from) && sources.has(to));
    if (kept.length === left.length) return kept;
    left = kept;
  }
}
