import type { LockClass } from './lock-class.ts';
import { EN, ER, type LockEdge, SN } from './lock-graph.ts';

/** Forward follows "taken after", backward "held before". */
export type Direction = 'forward' | 'backward';

/** What to look for, and where not to go. */
export interface PathQuery {
  readonly start: LockClass;
  /**
   * True when the edge that leads to the start bars shared ones from following: forward, a recursive reader arrives;
   * backward, the lock is held shared.
   */
  readonly barred: boolean;
  readonly direction: Direction;
  /** Is this class, reached in this state, what is looked for? The start is asked too. */
  readonly accept: (lockClass: LockClass, barred: boolean) => boolean;
  /** Classes no path may touch. */
  readonly skip?: (lockClass: LockClass) => boolean;
}

/** A class reached, and how. */
export interface StrongPath {
  readonly end: LockClass;
  readonly barred: boolean;
  /** In walking order from the start; empty when the start itself is it. */
  readonly edges: readonly LockEdge[];
}

interface Step {
  readonly at: LockClass;
  readonly barred: boolean;
  readonly edge: LockEdge | null;
  readonly parent: Step | null;
}

/**
 * The shortest strong path: nowhere along it an edge that ends with a recursive reader meets one that starts with a
 * shared holder, for such a reader never waits for such a holder. Breadth first over pairs of a class and the best
 * last flavour, O(classes + edges) (kernel __bfs, whose `only_xr` is `barred` here).
 */
export function findStrongPath(query: PathQuery): StrongPath | null {
  const open: Step[] = [{ at: query.start, barred: query.barred, edge: null, parent: null }];
  const reached = new Set<number>([stateOf(query.start, query.barred)]);
  for (let next = 0; next < open.length; next++) {
    const step = open[next] as Step;
    if (query.skip?.(step.at) === true) continue;
    if (query.accept(step.at, step.barred)) return toPath(step);
    for (const edge of query.direction === 'forward' ? step.at.after : step.at.before) {
      const to = query.direction === 'forward' ? edge.to : edge.from;
      const usable = edge.flavours & allowed(query.direction, step.barred);
      if (usable === 0 || reached.has(stateOf(to, false))) continue;
      const barred = (usable & free(query.direction)) === 0;
      if (reached.has(stateOf(to, barred))) continue;
      reached.add(stateOf(to, barred));
      open.push({ at: to, barred, edge, parent: step });
    }
  }
  return null;
}

/** Flavours that may follow: after a recursive reader only an exclusive holder, before a shared holder no such reader. */
function allowed(direction: Direction, barred: boolean): number {
  if (!barred) return -1;
  return direction === 'forward' ? EN | ER : EN | SN;
}

/** Flavours after which everything may follow. */
function free(direction: Direction): number {
  return direction === 'forward' ? EN | SN : EN | ER;
}

function stateOf(lockClass: LockClass, barred: boolean): number {
  return lockClass.id * 2 + (barred ? 1 : 0);
}

function toPath(last: Step): StrongPath {
  const edges: LockEdge[] = [];
  for (let step: Step | null = last; step !== null; step = step.parent) if (step.edge !== null) edges.push(step.edge);
  return { end: last.at, barred: last.barred, edges: edges.reverse() };
}
