import type { EventContext } from '../core/event-context.ts';
import type { Wait } from '../core/wait.ts';
import type { Policy } from './policy.ts';

/** Both are locked under the same acquire context. */
export function isOfOneGroup(held: EventContext | null, wait: Wait): boolean {
  const group = held?.more?.group;
  return group !== undefined && group === wait.more?.group;
}

/**
 * Declared nesting: another depth of the same class, or a group that backs off (nest_lock, ww_acquire_ctx). Instances of a
 * group are remembered all the same: its contexts back off for each other, not for somebody who has none.
 */
export function isExcused(policy: Policy, held: EventContext, wait: Wait, isSameBit: boolean): boolean {
  const isLinux = policy.rules === 'linux';
  if (isLinux && held.more?.group !== undefined) return true;
  const isSameClass = held.object.key === wait.object.key && held.object.subclass === wait.object.subclass;
  if (isOfOneGroup(held, wait)) return !isSameClass || policy.sameClass === 'class';
  if (!isSameClass) return false;
  // A reader's event and a writer's are two classes there, and only one class is excused from itself.
  return (isSameBit || !isLinux) && (held.more?.nest ?? 0) !== (wait.more?.nest ?? 0);
}
