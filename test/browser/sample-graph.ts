import type { CountedGraph } from '../../reports/html/graph-file.ts';

/** A small generator of numbers that are the same on every machine (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const KINDS = ['mutex', 'pool', 'semaphore', 'completion', 'rwlock', 'channel'];

/**
 * The class graph of a large program: `classes` classes and four times as many dependencies, most of them between
 * neighbours, without a circle. The given names are its first classes.
 */
export function sampleGraph(classes: number, names: readonly string[] = []): CountedGraph {
  const random = randomFrom(20251205);
  const lines = Array.from({ length: classes }, (_, id) => ({
    name: `${names[id] ?? `service${id % 97}.${['cache', 'queue', 'lock', 'pool', 'ready'][id % 5]}${id}`}:0`,
    kind: names[id] === undefined ? (KINDS[id % KINDS.length] ?? 'mutex') : 'mutex',
    site: names[id] === undefined ? `services/s${id % 97}/src/part${id % 13}.ts:${(id % 400) + 1}:9` : null,
  }));
  const dependencies = Array.from({ length: classes * 4 }, () => {
    const from = Math.floor(random() * (classes - 1));
    const reach = random() < 0.8 ? 12 : classes;
    const to = Math.min(classes - 1, from + 1 + Math.floor(random() * reach));
    return { from, to, rule: 'wait', context: `handle${from % 41}`, timed: random() < 0.1 };
  });
  const statistics = lines.map((line, id) => {
    const waits = 1 + Math.floor(random() * 500);
    const contended = Math.floor(waits * random() * random());
    const maxMs = contended === 0 ? 0 : Math.round(random() * 9000) / 100;
    const counts = { waits, contended, timedOut: id % 7 === 0 ? contended % 3 : 0, cancelled: 0, open: 0 };
    const ticks = { totalTicks: contended * 12, maxTicks: contended === 0 ? 0 : 40 };
    return { ...line, ...counts, ...ticks, totalMs: Math.round(maxMs * contended * 30) / 100, maxMs };
  });
  return { classes: lines, dependencies, statistics };
}
