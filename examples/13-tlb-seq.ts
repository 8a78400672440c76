// amdgpu_vm_tlb_seq: whoever sees a fence as signaled may still read the old sequence number, because the callback that
// counts runs a moment later, under the fence's lock. Taking and releasing that lock in between closes the window. No
// lock order is wrong here, so neither lockdep nor DEPT has anything to say: only trying every schedule finds it.
import { type Explorable, explore } from 'dept/scenario';
import { print } from './stage/show.ts';

/** Program counters of the signaller and the reader, who holds the lock, the number, and what the reader saw. */
interface State {
  readonly signaller: number;
  readonly reader: number;
  readonly lockedBy: 'signaller' | 'reader' | null;
  readonly signaled: boolean;
  readonly seq: number;
  readonly read: number | null;
}

type Move = 'signaller' | 'reader';

const START: State = { signaller: 0, reader: 0, lockedBy: null, signaled: false, seq: 0, read: null };

/** dma_fence_signal: lock, set SIGNALED, run the callback (seq++), unlock. */
function signallerStep(state: State): State | null {
  const next = { ...state, signaller: state.signaller + 1 };
  switch (state.signaller) {
    case 0:
      return state.lockedBy === null ? { ...next, lockedBy: 'signaller' } : null;
    case 1:
      return { ...next, signaled: true };
    case 2:
      return { ...next, seq: state.seq + 1 };
    case 3:
      return { ...next, lockedBy: null };
    default:
      return null;
  }
}

/** The reader sees SIGNALED, then, with the round trip, takes and releases the lock, then reads the number. */
function readerStep(state: State, roundTrip: boolean): State | null {
  const next = { ...state, reader: state.reader + 1 };
  switch (state.reader) {
    case 0:
      return state.signaled ? (roundTrip ? next : { ...next, reader: 3 }) : null;
    case 1:
      return state.lockedBy === null ? { ...next, lockedBy: 'reader' } : null;
    case 2:
      return { ...next, lockedBy: null };
    case 3:
      return { ...next, read: state.seq };
    default:
      return null;
  }
}

function system(roundTrip: boolean): Explorable<State, Move> {
  const step = (state: State, move: Move): State | null =>
    move === 'signaller' ? signallerStep(state) : readerStep(state, roundTrip);
  return {
    initial: () => START,
    moves: (state) => (['signaller', 'reader'] as const).filter((move) => step(state, move) !== null),
    apply: (state, move) => step(state, move) ?? state,
    key: (state) => JSON.stringify(state),
    done: (state) => state.signaller === 4 && state.reader === 4,
    fault: (state) => (state.read === 0 ? 'old sequence number read' : null),
  };
}

for (const roundTrip of [false, true]) {
  const { fault, states, complete } = explore(system(roundTrip));
  print(`${roundTrip ? 'After: with the lock round trip' : 'Before: without it'}`);
  if (fault === null)
    print(`  the old number is never read: ${states} states, ${complete ? 'all of them' : 'not all'}\n`);
  else print(`  ${fault.what} after: ${fault.order.join(', ')}\n`);
}
