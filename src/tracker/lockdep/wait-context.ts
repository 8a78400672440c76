import type { Context } from '../../core/context.ts';
import { type Findings, lockView } from './findings.ts';
import type { HeldLock } from './held-lock.ts';
import { contextWaitType, WAIT_INV, type WaitType } from './wait-type.ts';

/**
 * A lock may only be taken where everything held, and the context itself, allows what taking it demands: no sleeping
 * lock inside a spinning one, no spinlock inside a raw one (check_wait_context). A trylock never waits.
 *
 * @returns false when it reported
 */
export function checkWaitContext(
  findings: Findings,
  context: Context,
  held: readonly HeldLock[],
  next: HeldLock,
): boolean {
  const { outer, inner } = next.lockClass.kind;
  if (inner === WAIT_INV || next.trylock) return true;
  const base = contextWaitType(context);
  let allowed: WaitType = base;
  for (const { lockClass } of held) {
    const limit = lockClass.kind.inner;
    if (limit !== WAIT_INV && limit < allowed) allowed = limit;
  }
  if (outer <= allowed) return true;
  findings.report(context, held, {
    kind: 'wait-context',
    title: '[ BUG: Invalid wait context ]',
    lock: lockView(next),
    detail: `context-{${base}:${base}}`,
    stack: next.stack,
    key: `${next.lockClass.id}:${allowed}`,
  });
  return false;
}
