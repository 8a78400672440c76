/**
 * Something whose schedules can be searched: a pure transition system. States are never changed, `apply` makes new ones.
 * A state may as well be the schedule that leads to it, re-executed on demand.
 */
export interface Explorable<State, Move> {
  initial(): State;
  /** What can happen next, in a fixed order; empty when nothing can. */
  moves(state: State): readonly Move[];
  apply(state: State, move: Move): State;
  /** Equal for two states from which the same can happen. */
  key(state: State): string;
  /** True when a state without moves is a proper end; without this method every such state is a hang. */
  done?(state: State): boolean;
  /** Something wrong with this state other than a hang, in one word; null when nothing is. */
  fault?(state: State): string | null;
}

export interface ExploreOptions {
  /** States looked at before the search gives up and says so. */
  readonly maxStates?: number;
  /** `depth` finds some hang soon, `breadth` finds one with the fewest moves. */
  readonly strategy?: 'depth' | 'breadth';
  /** Told now and then how many states have been looked at: a search may take long. */
  readonly onStates?: (states: number) => void;
}

export interface Exploration<Move> {
  /** Moves that lead to a hang; null when no schedule looked at hangs. */
  readonly hang: readonly Move[] | null;
  /** Moves that lead to the first faulty state; null when there is none. */
  readonly fault: { readonly what: string; readonly order: readonly Move[] } | null;
  /** Moves of a schedule that ended properly; null when none was seen. */
  readonly lucky: readonly Move[] | null;
  /** Every reachable state was looked at, or a hang made that needless. */
  readonly complete: boolean;
  /** Distinct states looked at. */
  readonly states: number;
}

/** States a search looks at before it gives up. */
export const DEFAULT_MAX_STATES = 200_000;
/** Expanded states between two calls of `onStates`; a power of two. */
const STATES_PER_CALL = 4_096;

interface Node<State, Move> {
  state: State | null;
  readonly move: Move | null;
  readonly parent: Node<State, Move> | null;
}

/**
 * Searches every schedule for one that hangs. Each distinct state is expanded once, so the cost is linear in states
 * times moves, and memory holds one key for each state.
 */
export function explore<State, Move>(system: Explorable<State, Move>, options: ExploreOptions = {}): Exploration<Move> {
  const { maxStates = DEFAULT_MAX_STATES, strategy = 'breadth', onStates } = options;
  const first: Node<State, Move> = { state: system.initial(), move: null, parent: null };
  const seen = new Set<string>([system.key(first.state as State)]);
  const open: Node<State, Move>[] = [first];
  let fault: Exploration<Move>['fault'] = null;
  let lucky: readonly Move[] | null = null;
  let isCapped = false;
  let expanded = 0;
  for (let next = 0; strategy === 'breadth' ? next < open.length : open.length > 0; ) {
    const node = (strategy === 'breadth' ? open[next++] : open.pop()) as Node<State, Move>;
    const state = node.state as State;
    node.state = null;
    if (++expanded % STATES_PER_CALL === 0) onStates?.(seen.size);
    if (fault === null) fault = faultOf(system, state, node);
    const moves = system.moves(state);
    if (moves.length === 0) {
      if (system.done?.(state) !== true) {
        return { hang: orderOf(node), fault, lucky, complete: true, states: seen.size };
      }
      lucky ??= orderOf(node);
      continue;
    }
    for (const move of strategy === 'depth' ? moves.toReversed() : moves) {
      const reached = system.apply(state, move);
      const key = system.key(reached);
      if (seen.has(key)) continue;
      if (seen.size >= maxStates) {
        isCapped = true;
        continue;
      }
      seen.add(key);
      open.push({ state: reached, move, parent: node });
    }
  }
  return { hang: null, fault, lucky, complete: !isCapped, states: seen.size };
}

function faultOf<State, Move>(
  system: Explorable<State, Move>,
  state: State,
  node: Node<State, Move>,
): Exploration<Move>['fault'] {
  const what = system.fault?.(state) ?? null;
  return what === null ? null : { what, order: orderOf(node) };
}

function orderOf<State, Move>(last: Node<State, Move>): readonly Move[] {
  const order: Move[] = [];
  for (let node: Node<State, Move> | null = last; node !== null; node = node.parent) {
    if (node.move !== null) order.push(node.move);
  }
  return order.reverse();
}
