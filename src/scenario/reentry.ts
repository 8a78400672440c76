import type { MisuseKind } from '../core/vocabulary.ts';
import type { ScenarioContext, ScenarioObject } from './case.ts';

/** What the rule must know of a case. */
export interface ReentryPlan {
  readonly contexts: readonly ScenarioContext[];
  readonly objects: readonly ScenarioObject[];
  /** Ranks of a declared order, by name of object or class. */
  readonly ranks: ReadonlyMap<string, string>;
}

/**
 * Why `context` must not ask for `object` now, or null: it (or a context it was spawned in) is inside already and the
 * object forbids that, or it holds another lock of the same declared rank (Guava's CycleDetectingLockFactory).
 * @param holdsOf numbers of the objects a context holds
 */
export function reentryFault(
  plan: ReentryPlan,
  object: number,
  context: number,
  holdsOf: (context: number) => readonly number[],
): MisuseKind | null {
  const declared = plan.objects[object] as ScenarioObject;
  if (declared.reentry === 'not-allowed' && isInside(plan, object, context, holdsOf)) return 'reentry-not-allowed';
  const rank = rankOf(plan, object);
  if (rank === null) return null;
  const isSameRank = holdsOf(context).some((held) => held !== object && rankOf(plan, held) === rank);
  return isSameRank ? 'same-rank' : null;
}

function rankOf({ ranks, objects }: ReentryPlan, object: number): string | null {
  const { name, className } = objects[object] as ScenarioObject;
  return ranks.get(name) ?? ranks.get(className) ?? null;
}

/** True when the context, or one it was spawned in, holds the object. */
export function isInside(
  plan: ReentryPlan,
  object: number,
  context: number,
  holdsOf: (context: number) => readonly number[],
): boolean {
  return lineage(plan, context).some((ancestor) => holdsOf(ancestor).includes(object));
}

/** True for objects that let in again whoever is inside, and count it. */
export function countsEntries({ reentry }: ScenarioObject): boolean {
  return reentry === 'allowed' || reentry === 'stack';
}

/** The context and those it was spawned by: an asynchronous flow inherits what its parent is inside of. */
function lineage(plan: ReentryPlan, context: number): readonly number[] {
  const line = [context];
  for (let next = parentOf(plan, context); next >= 0 && !line.includes(next); next = parentOf(plan, next))
    line.push(next);
  return line;
}

function parentOf(plan: ReentryPlan, context: number): number {
  const parent = plan.contexts[context]?.spawnedBy ?? null;
  return parent === null ? -1 : plan.contexts.findIndex(({ name }) => name === parent);
}
