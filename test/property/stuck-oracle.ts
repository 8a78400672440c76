/** Who holds what and who waits for what, as plain lists. */
export interface BlockedState {
  readonly holds: readonly { context: number; object: number; mode: 'write' | 'read' | 'owes'; permits: number }[];
  readonly waits: readonly {
    context: number;
    object: number;
    mode: 'write' | 'read';
    permits: number;
    timed: boolean;
  }[];
  readonly capacities: readonly number[];
}

/**
 * The contexts that nobody can ever set free: from those that run (or give up by themselves) on, whoever is waited for
 * by nobody but contexts that can go on can go on too; the rest is stuck. A wait for something nobody owes may end.
 */
export function stuckContexts({ holds, waits, capacities }: BlockedState): Set<number> {
  const stuck = new Set(waits.map(({ context }) => context));
  for (let changed = true; changed; ) {
    changed = false;
    for (const wait of waits) {
      if (!stuck.has(wait.context)) continue;
      const holders = holds.filter(
        ({ object, mode }) => object === wait.object && !(mode === 'read' && wait.mode === 'read'),
      );
      const kept = holders.filter(({ context }) => stuck.has(context));
      const capacity = capacities[wait.object]!;
      const free =
        capacity > 1
          ? capacity - kept.reduce((sum, { permits }) => sum + permits, 0) >= wait.permits
          : holders.length === 0 || (holders[0]!.mode === 'owes' ? kept.length < holders.length : kept.length === 0);
      if (!wait.timed && !free) continue;
      stuck.delete(wait.context);
      changed = true;
    }
  }
  return stuck;
}
