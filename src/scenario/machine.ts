import type { ScenarioCase } from './case.ts';
import type { Explorable } from './explore.ts';
import { type MachineEffects, SILENT } from './machine-effects.ts';
import { isPrivate, perform } from './machine-ops.ts';
import { isFreeFor, isServed } from './machine-queues.ts';
import { MachinePlan, MachineRun } from './machine-run.ts';
import { initialState, type MachineState, shareState, stateKey } from './machine-state.ts';
import type { Op } from './op.ts';
import { type Grammar, VOCABULARY } from './vocabulary.ts';

/** One scheduling decision: this context runs its next operation, takes what it was barging for, or gives up its timed wait. */
export interface Move {
  readonly context: number;
  readonly kind: 'run' | 'take' | 'expire';
}

/**
 * The contexts of a case with real blocking semantics, as a transition system: which context runs next is the only
 * choice. Timeouts expire when nothing else can move.
 */
export class Machine implements Explorable<MachineState, Move> {
  readonly plan: MachinePlan;
  readonly #scenario: ScenarioCase;

  constructor(scenario: ScenarioCase) {
    this.#scenario = scenario;
    this.plan = new MachinePlan(scenario);
  }

  initial(effects: MachineEffects = SILENT): MachineState {
    const state = initialState(this.#scenario);
    const run = new MachineRun(this.plan, state, effects);
    for (const [context, { phase }] of state.contexts.entries()) {
      if (phase !== 'ready') continue;
      effects.begins(context);
      run.settle(context);
    }
    return state;
  }

  moves(state: MachineState): readonly Move[] {
    if (state.isOtherRun) return [];
    const alone = this.#alone(state);
    if (alone !== null) return [alone];
    const moves: Move[] = [];
    for (let context = 0; context < state.contexts.length; context++) {
      const move = this.moveOf(state, context);
      if (move !== null) moves.push(move);
    }
    return moves.length > 0 ? moves : this.#expiry(state);
  }

  /** What this context can do now, or null; expiry is not its own doing. */
  moveOf(state: MachineState, context: number): Move | null {
    const { phase, waiting } = state.contexts[context] ?? {};
    if (phase === 'ready') return { context, kind: 'run' };
    if (phase !== 'blocked' || waiting === null || waiting === undefined || !isServed(waiting)) return null;
    const run = new MachineRun(this.plan, state, SILENT);
    const mayBarge = run.declared(waiting.object).policy === 'barging';
    return mayBarge && isFreeFor(run, context, waiting) ? { context, kind: 'take' } : null;
  }

  apply(state: MachineState, move: Move): MachineState {
    const reached = shareState(state);
    this.#make(new MachineRun(this.plan, reached, SILENT, false), move);
    return reached;
  }

  /** Makes the move in place and tells what happens. */
  advance(state: MachineState, move: Move, effects: MachineEffects): void {
    this.#make(new MachineRun(this.plan, state, effects), move);
  }

  #make(run: MachineRun, { context, kind }: Move): void {
    const current = run.context(context);
    if (kind === 'expire') {
      run.giveUp(context, 'timed-out');
    } else if (kind === 'take' && current.waiting !== null) {
      run.leaveQueue(context);
      run.grant(context, current.waiting);
    } else {
      const op = this.plan.contexts[context]?.ops[current.pc];
      current.pc++;
      if (op !== undefined) perform(run, context, op);
      run.settle(context);
    }
  }

  key(state: MachineState): string {
    return stateKey(state);
  }

  done(state: MachineState): boolean {
    return state.isOtherRun || this.stuck(state).length === 0;
  }

  fault(state: MachineState): string | null {
    return state.misuse;
  }

  /** Contexts that are blocked and whose waiting is a fault. */
  stuck(state: MachineState): readonly string[] {
    return this.plan.contexts
      .filter((context, number) => state.contexts[number]?.phase === 'blocked' && !context.daemon)
      .map((context) => context.name);
  }

  /**
   * A context whose next operation touches nothing that others see: running it first loses no schedule that hangs, so
   * an exploration needs no other move.
   */
  #alone(state: MachineState): Move | null {
    for (const [context, { phase, pc }] of state.contexts.entries()) {
      const { ops, abandonedAfter } = this.plan.contexts[context] ?? { ops: [], abandonedAfter: null };
      const isLast = pc + 1 >= (abandonedAfter ?? ops.length) || pc + 1 >= ops.length;
      const op = ops[pc];
      if (phase === 'ready' && op !== undefined && !isLast && this.#isUnseen(context, op))
        return { context, kind: 'run' };
    }
    return null;
  }

  #isUnseen(context: number, op: Op): boolean {
    if (isPrivate(op)) return true;
    const grammar: Grammar = VOCABULARY[op.verb];
    // Acquire contexts have an age among all others.
    return grammar.operand === 'object' && !op.verb.startsWith('ww_') && this.plan.isOwnMatter(context, op);
  }

  /** Of the waits that can give up, the one with the shortest time. */
  #expiry(state: MachineState): readonly Move[] {
    let soonest: { context: number; timeoutMs: number } | null = null;
    for (const [context, { waiting }] of state.contexts.entries()) {
      const timeoutMs = waiting?.timeoutMs ?? null;
      if (timeoutMs !== null && (soonest === null || timeoutMs < soonest.timeoutMs)) soonest = { context, timeoutMs };
    }
    return soonest === null ? [] : [{ context: soonest.context, kind: 'expire' }];
  }
}
