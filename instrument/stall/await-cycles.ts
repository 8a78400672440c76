import type { Suspended } from '../heap/suspended-graph.ts';

/**
 * The circles of async functions that wait for each other, one for each knot of them: the shortest through the first
 * function found. While the program runs, a function that waits for several may go on when one of them does (`race`), so
 * it counts only when all of them are stuck; when nothing is left to run, none goes on. Linear but for nested knots.
 */
export function awaitCycles(functions: readonly Suspended[], isOver: boolean): readonly (readonly Suspended[])[] {
  const mayGoOn = isOver ? () => false : ({ isOpen, waitsFor }: Suspended) => isOpen || waitsFor.length === 0;
  const stuck = stuckAmong(functions, mayGoOn);
  const done = new Set<Suspended>();
  const cycles: (readonly Suspended[])[] = waitersOfCircles(functions).map((each) => [each]);
  for (const first of stuck) {
    const cycle = done.has(first) ? null : shortestThrough(first, stuck);
    if (cycle === null) continue;
    cycles.push(cycle);
    for (const each of reachableFrom(first, stuck)) done.add(each);
  }
  return cycles;
}

/** One for each circle of promises, in which no function takes part: such a promise was resolved with one that waits for it. */
function waitersOfCircles(functions: readonly Suspended[]): readonly Suspended[] {
  const waiters = new Map<number, Suspended>();
  for (const each of functions) if (each.circle !== null && !waiters.has(each.circle)) waiters.set(each.circle, each);
  return [...waiters.values()];
}

/** What is left when those who may go on, those who wait for nobody and those for whom nobody waits are taken out. */
function stuckAmong(functions: readonly Suspended[], mayGoOn: (each: Suspended) => boolean): ReadonlySet<Suspended> {
  const stuck = new Set(functions);
  const dependents = new Map<Suspended, Suspended[]>();
  for (const each of functions) {
    for (const other of each.waitsFor) {
      const known = dependents.get(other);
      if (known === undefined) dependents.set(other, [each]);
      else known.push(each);
    }
  }
  const free = functions.filter(mayGoOn);
  for (const each of free) {
    stuck.delete(each);
    for (const dependent of dependents.get(each) ?? []) if (stuck.delete(dependent)) free.push(dependent);
  }
  const isLoose = (each: Suspended): boolean =>
    !each.waitsFor.some((other) => stuck.has(other)) || !(dependents.get(each) ?? []).some((other) => stuck.has(other));
  const loose = [...stuck].filter(isLoose);
  for (const each of loose) {
    if (!stuck.delete(each)) continue;
    for (const other of [...each.waitsFor, ...(dependents.get(each) ?? [])]) {
      if (stuck.has(other) && isLoose(other)) loose.push(other);
    }
  }
  return stuck;
}

function shortestThrough(first: Suspended, stuck: ReadonlySet<Suspended>): readonly Suspended[] | null {
  const cameFrom = new Map<Suspended, Suspended>();
  const open = [first];
  for (const each of open) {
    for (const next of each.waitsFor) {
      if (next === first) return pathTo(each, first, cameFrom);
      if (!stuck.has(next) || cameFrom.has(next)) continue;
      cameFrom.set(next, each);
      open.push(next);
    }
  }
  return null;
}

function pathTo(last: Suspended, first: Suspended, cameFrom: ReadonlyMap<Suspended, Suspended>): readonly Suspended[] {
  const path = [last];
  for (let at = last; at !== first; ) {
    at = cameFrom.get(at) as Suspended;
    path.unshift(at);
  }
  return path;
}

function reachableFrom(first: Suspended, stuck: ReadonlySet<Suspended>): ReadonlySet<Suspended> {
  const seen = new Set([first]);
  for (const each of seen) for (const next of each.waitsFor) if (stuck.has(next)) seen.add(next);
  return seen;
}
