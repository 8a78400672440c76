import type { MachineRun } from './machine-run.ts';
import type { Hold, HoldMode, Waiting } from './machine-state.ts';

/** Holds of the object by others than `context`. */
function othersHolds(run: MachineRun, object: number, context: number): readonly Hold[] {
  return run.state.contexts.flatMap((state, other) =>
    other === context ? [] : state.holds.filter((hold) => hold.object === object),
  );
}

/** True when nothing that is held now keeps the context from what it waits for; the queue is another matter. */
export function isFreeFor(run: MachineRun, context: number, waiting: Waiting): boolean {
  const { object } = waiting;
  const state = run.object(object);
  if (waiting.kind === 'permits') return state.permits >= waiting.amount;
  if (waiting.kind === 'upgrade') return othersHolds(run, object, context).length === 0;
  if (state.isForeign) return false;
  const others = othersHolds(run, object, context);
  const mine = run.holdOf(context, object);
  if (!others.every((hold) => areCompatible(hold.mode, waiting.mode))) return false;
  return mine === null || run.declared(object).recursive || areCompatible(mine.mode, waiting.mode);
}

/** True when somebody queues whom the newcomer must not pass. */
export function mustQueue(run: MachineRun, context: number, waiting: Waiting): boolean {
  const declared = run.declared(waiting.object);
  const { queue } = run.object(waiting.object);
  if (queue.length === 0 || declared.policy === 'barging') return false;
  if (waiting.recursive) return false;
  if (waiting.kind === 'upgrade') return declared.upgradeWaitsForQueue;
  return !(declared.recursive && run.holdOf(context, waiting.object) !== null);
}

/** Serves the queue of an object after something was given back or somebody left: in order, but for readers that may pass. */
export function admit(run: MachineRun, object: number): void {
  // Where newcomers may barge in nobody is handed anything: waiters take it when they are scheduled.
  if (run.declared(object).policy === 'barging') return;
  for (let next = nextServed(run, object); next !== null; next = nextServed(run, object)) {
    run.leaveQueue(next.context);
    run.grant(next.context, next.waiting);
  }
}

function nextServed(run: MachineRun, object: number): { context: number; waiting: Waiting } | null {
  for (const [position, context] of run.object(object).queue.entries()) {
    const { waiting } = run.context(context);
    if (waiting === null || !isServed(waiting)) return null;
    if ((position === 0 || waiting.recursive) && isFreeFor(run, context, waiting)) return { context, waiting };
  }
  return null;
}

/** Waits that end because something becomes free; the others end with a signal. */
export function isServed({ kind }: Waiting): boolean {
  return kind === 'lock' || kind === 'upgrade' || kind === 'permits';
}

function areCompatible(held: HoldMode, asked: HoldMode): boolean {
  if (held === 'read') return asked === 'read' || asked === 'upgradable';
  return held === 'upgradable' && asked === 'read';
}
