/** A stream of edges without a circle: from, to, from, to, ... in the order they are added. */
export interface Workload {
  readonly name: string;
  readonly nodes: number;
  readonly edges: Int32Array;
}

/** Numbers in [0, 1) that are the same in every run (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function shuffled(count: number, random: () => number): Int32Array {
  const values = Int32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [values[i], values[j]] = [values[j]!, values[i]!];
  }
  return values;
}

/** Distinct edges that lead from a lower to a higher rank, as ranks. */
function randomRanks(nodes: number, count: number, pick: () => [number, number]): number[] {
  const seen = new Set<number>();
  const edges: number[] = [];
  while (edges.length < 2 * count) {
    const [a, b] = pick();
    const key = Math.min(a, b) * nodes + Math.max(a, b);
    if (a !== b && !seen.has(key)) {
      seen.add(key);
      edges.push(Math.min(a, b), Math.max(a, b));
    }
  }
  return edges;
}

/** Random edges that agree with a hidden random order. */
function random(nodes: number, degree: number): Workload {
  const next = randomNumbers(nodes + degree);
  const rank = (): number => Math.floor(next() * nodes);
  const ids = shuffled(nodes, next);
  const ranks = randomRanks(nodes, degree * nodes, () => [rank(), rank()]);
  return { name: `random-${degree}`, nodes, edges: Int32Array.from(ranks, (node) => ids[node]!) };
}

/** Twelve layers of locks, each taken inside one of the layer before, some far more popular than the rest. */
function hierarchy(nodes: number, numbering: 'first use' | 'shuffled'): Workload {
  const layers = 12;
  const perLayer = Math.floor(nodes / layers);
  const next = randomNumbers(nodes);
  const lockOf = (layer: number): number => layer * perLayer + Math.floor(next() ** 2.2 * perLayer);
  const ranks = randomRanks(nodes, 4 * nodes, () => {
    const outer = Math.floor(next() * (layers - 1));
    return [lockOf(outer), lockOf(outer + 1)];
  });
  if (numbering === 'shuffled') {
    const ids = shuffled(nodes, next);
    return { name: 'hierarchy-shuffled', nodes, edges: Int32Array.from(ranks, (lock) => ids[lock]!) };
  }
  const ids = new Map<number, number>();
  for (const lock of ranks) {
    ids.set(lock, ids.get(lock) ?? ids.size);
  }
  return { name: 'hierarchy', nodes, edges: Int32Array.from(ranks, (lock) => ids.get(lock)!) };
}

/** The innermost edges come first and nodes are numbered from the innermost on: every new node belongs in front. */
function reverse(nodes: number): Workload {
  const next = randomNumbers(nodes + 1);
  const rank = (): number => Math.floor(next() * nodes);
  const ranks = randomRanks(nodes, 4 * nodes, () => [rank(), rank()]);
  const edges = Array.from({ length: ranks.length / 2 }, (_, i) => [ranks[2 * i]!, ranks[2 * i + 1]!] as const);
  const sorted = edges.toSorted(([a], [b]) => b - a).flat();
  return { name: 'reverse', nodes, edges: Int32Array.from(sorted, (node) => nodes - 1 - node) };
}

function chain(nodes: number, direction: 'forward' | 'reverse'): Workload {
  const edges = Array.from({ length: nodes - 1 }, (_, i) =>
    direction === 'forward' ? [i, i + 1] : [nodes - 2 - i, nodes - 1 - i],
  );
  return { name: `${direction}-chain`, nodes, edges: Int32Array.from(edges.flat()) };
}

/** A long chain that has to move each time the tangle of nodes leading to it grows a new level. */
function tailPump(nodes: number): Workload {
  const tail = nodes >> 1;
  const tangle = nodes >> 2;
  const next = randomNumbers(nodes + 2);
  const rank = (): number => Math.floor(next() * tangle);
  const ids = shuffled(tangle, next);
  const edges: number[] = [];
  for (let i = 0; i + 1 < tail; i++) {
    edges.push(i, i + 1);
  }
  const linked = new Set<number>();
  const ranks = randomRanks(tangle, 8 * tangle, () => [rank(), rank()]);
  for (let i = 0; i < ranks.length; i += 2) {
    const [from, to] = [tail + ids[ranks[i]!]!, tail + ids[ranks[i + 1]!]!];
    edges.push(from, to);
    if (!linked.has(to)) {
      linked.add(to);
      edges.push(to, 0);
    }
  }
  return { name: 'tail-pump', nodes, edges: Int32Array.from(edges) };
}

export function hierarchies(nodes: number): Workload[] {
  return [hierarchy(nodes, 'first use'), hierarchy(nodes, 'shuffled')];
}

export function otherWorkloads(nodes: number): (() => Workload)[] {
  return [
    () => random(nodes, 4),
    () => random(nodes, 16),
    () => reverse(nodes),
    () => chain(nodes, 'forward'),
    () => chain(nodes, 'reverse'),
    () => tailPump(nodes),
  ];
}
