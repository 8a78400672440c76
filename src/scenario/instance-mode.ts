import type { ScenarioCase } from './case.ts';
import { Machine, type Move } from './machine.ts';
import { type MachineEffects, SILENT } from './machine-effects.ts';
import type { MachineState } from './machine-state.ts';

/** One operation as it was started, for timelines. */
export interface Started {
  readonly context: string;
  readonly op: string;
  /** It blocked for good. */
  readonly isStuck: boolean;
  /** It blocked for some time, or gave up. */
  readonly ending: 'at-once' | 'after-waiting' | 'timed-out' | 'stuck';
}

export interface InstanceRun {
  /** Non-daemon contexts that are blocked at the end. */
  readonly stuck: readonly string[];
  /** `misuse:<kind>` of the first misuse, null when there was none. */
  readonly misuse: string | null;
  /** A stated `=result` did not come true in this run. */
  readonly isOtherRun: boolean;
  readonly started: readonly Started[];
  readonly state: MachineState;
}

/** Moves after which a run counts as endless; no finite case comes near. */
const MAX_MOVES = 100_000;

/**
 * Runs the case once with real blocking: each mention in `order` starts the next operation of that context (nothing, if
 * it is blocked), then the contexts run on in list order until nothing can move.
 */
export function runInstance(
  scenario: ScenarioCase,
  order: readonly string[] = scenario.order,
  effects: MachineEffects = SILENT,
  before: (move: Move, state: MachineState) => void = () => undefined,
): InstanceRun {
  const machine = new Machine(scenario);
  const state = machine.initial(effects);
  const rows: { context: number; op: string; pc: number; waited: boolean; gaveUp: boolean }[] = [];
  const make = (move: Move): void => {
    before(move, state);
    const context = state.contexts[move.context];
    const op = move.kind === 'run' ? machine.plan.contexts[move.context]?.ops[context?.pc ?? 0] : undefined;
    machine.advance(state, move, effects);
    if (move.kind === 'expire') {
      const row = rows.findLast((known) => known.context === move.context);
      if (row !== undefined) row.gaveUp = true;
    }
    if (op === undefined || context === undefined) return;
    rows.push({
      context: move.context,
      op: op.text,
      pc: context.pc,
      waited: context.phase === 'blocked',
      gaveUp: false,
    });
  };
  for (const name of order) {
    const move = machine.moveOf(state, machine.plan.context(name));
    if (move !== null) make(move);
  }
  runOn(machine, state, make);
  const stuck = machine.stuck(state);
  return {
    stuck,
    misuse: state.misuse,
    isOtherRun: state.isOtherRun,
    started: rows.map(({ context, op, pc, waited, gaveUp }) => {
      const now = state.contexts[context];
      const name = machine.plan.contexts[context]?.name ?? '';
      const isStuck = now?.phase === 'blocked' && now.pc === pc;
      const ending = isStuck ? 'stuck' : gaveUp ? 'timed-out' : waited ? 'after-waiting' : 'at-once';
      return { context: name, op, isStuck, ending };
    }),
    state,
  };
}

function runOn(machine: Machine, state: MachineState, make: (move: Move) => void): void {
  for (let left = MAX_MOVES, moved = true; moved && left > 0; ) {
    moved = false;
    for (let context = 0; context < state.contexts.length; context++) {
      for (
        let move = machine.moveOf(state, context);
        move !== null && left > 0;
        move = machine.moveOf(state, context)
      ) {
        make(move);
        moved = true;
        left--;
      }
    }
    if (moved || state.isOtherRun) continue;
    const expiry = machine.moves(state)[0];
    if (expiry === undefined) return;
    make(expiry);
    moved = true;
  }
}
