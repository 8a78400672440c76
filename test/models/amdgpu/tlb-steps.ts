import type { Explorable } from '../../../src/scenario/explore.ts';

/**
 * amdgpu_vm_tlb_seq() against dma_fence_signal() and an update that replaces the fence, one memory access a step. The
 * model in src/models/amdgpu/tlb.ts is the same code over the simulated primitives; here the explorer can keep states.
 */
export interface TlbSystem {
  /** The reader locks and unlocks the fence between the fence's flag and the sequence number. */
  readonly roundTrip: boolean;
  /** `extern`: one lock for the ring, which is never freed. `inline`: the lock lies in the fence. */
  readonly lock: 'extern' | 'inline';
  /** The reader holds a reference to the fence while it uses the lock in it. */
  readonly reference: 'none' | 'get_rcu' | 'get_rcu_safe';
  /** An update replaces `last_tlb_flush` meanwhile. */
  readonly swap: boolean;
}

export type Fault = 'stale-seq' | 'use-after-free' | 'null-fence';
export type Move = 'signaler' | 'reader' | 'updater' | 'grace-period';

interface State {
  readonly signaler: number;
  readonly reader: ReaderStep;
  readonly updater: number;
  /** Who holds the lock of fence F, or of the ring. */
  readonly lock: 'signaler' | 'reader' | null;
  readonly signaled: boolean;
  readonly seq: number;
  readonly slot: 'F' | 'G';
  readonly references: number;
  readonly freed: boolean;
  readonly inRcu: boolean;
  readonly found: 'F' | 'G' | null;
  readonly sawSignaled: boolean;
  readonly readSeq: number | null;
  readonly faults: readonly Fault[];
}

type ReaderStep = 'flag' | 'rcu' | 'load' | 'get' | 'recheck' | 'unrcu' | 'lock' | 'unlock' | 'put' | 'seq' | 'end';

const START: State = {
  signaler: 0,
  reader: 'flag',
  updater: 0,
  lock: null,
  signaled: false,
  seq: 0,
  slot: 'F',
  // The ring's reference, which its signaling drops, and that of last_tlb_flush.
  references: 2,
  freed: false,
  inRcu: false,
  found: null,
  sawSignaled: false,
  readSeq: null,
  faults: [],
};

function withFault(state: State, fault: Fault): State {
  return { ...state, faults: [...state.faults, fault], reader: 'end' };
}

/** lock; set SIGNALED; amdgpu_vm_tlb_seq_cb; unlock; put. */
function signal(state: State): State {
  const next = { ...state, signaler: state.signaler + 1 };
  switch (state.signaler) {
    case 0:
      return { ...next, lock: 'signaler' };
    case 1:
      return { ...next, signaled: true };
    case 2:
      return { ...next, seq: state.seq + 1 };
    case 3:
      return { ...next, lock: null };
    default:
      return { ...next, references: state.references - 1 };
  }
}

/** amdgpu_vm_tlb_flush() of the next update: the slot takes G, F is put. */
function update(state: State): State {
  const next = { ...state, updater: state.updater + 1 };
  return state.updater === 0 ? { ...next, slot: 'G' } : { ...next, references: state.references - 1 };
}

function read(system: TlbSystem, state: State): State {
  const to = (reader: ReaderStep, more: Partial<State> = {}): State => ({ ...state, ...more, reader });
  // The ring's lock is the same for F and G; the lock in G is nobody else's here.
  const contended = system.lock === 'extern' || state.found === 'F';
  const isFreed = system.lock === 'inline' && state.found === 'F' && state.freed;
  switch (state.reader) {
    case 'flag':
      return to(system.roundTrip ? 'rcu' : 'seq', { sawSignaled: state.signaled });
    case 'rcu':
      return to('load', { inRcu: true });
    case 'load':
      return to(system.reference === 'none' ? 'unrcu' : 'get', { found: state.slot });
    case 'get':
      if (state.found === 'G') return to('unrcu');
      if (state.references > 0) {
        const then = system.reference === 'get_rcu_safe' ? 'recheck' : 'unrcu';
        return to(then, { references: state.references + 1 });
      }
      return system.reference === 'get_rcu_safe' ? to('load') : withFault(to('get'), 'null-fence');
    case 'recheck':
      if (state.slot === state.found) return to('unrcu');
      return to('load', { references: state.references - 1 });
    case 'unrcu':
      return to('lock', { inRcu: false });
    case 'lock':
      return isFreed ? withFault(state, 'use-after-free') : to('unlock', contended ? { lock: 'reader' } : {});
    case 'unlock':
      if (isFreed) return withFault(state, 'use-after-free');
      return to(system.reference === 'none' ? 'seq' : 'put', contended ? { lock: null } : {});
    case 'put':
      return to('seq', state.found === 'F' ? { references: state.references - 1 } : {});
    default: {
      const done = to('end', { readSeq: state.seq });
      return state.sawSignaled && state.seq === 0 ? withFault(done, 'stale-seq') : done;
    }
  }
}

function readerMoves(system: TlbSystem, state: State): boolean {
  if (state.reader === 'end') return false;
  const contended = system.lock === 'extern' || state.found === 'F';
  return !(state.reader === 'lock' && contended && state.lock !== null && !state.freed);
}

function moves(system: TlbSystem, state: State): Move[] {
  const enabled: Move[] = [];
  if (state.signaler < 5 && !(state.signaler === 0 && state.lock !== null)) enabled.push('signaler');
  if (readerMoves(system, state)) enabled.push('reader');
  if (system.swap && state.updater < 2) enabled.push('updater');
  if (state.references === 0 && !state.freed && !state.inRcu) enabled.push('grace-period');
  return enabled;
}

function step(system: TlbSystem, state: State, move: Move): State {
  if (move === 'signaler') return signal(state);
  if (move === 'reader') return read(system, state);
  return move === 'updater' ? update(state) : { ...state, freed: true };
}

/** The system as the explorer searches it, for one kind of fault. */
export function tlbSystem(system: TlbSystem, fault: Fault): Explorable<State, Move> {
  return {
    initial: () => START,
    moves: (state) => moves(system, state),
    apply: (state, move) => step(system, state, move),
    key: (state) => JSON.stringify(state),
    done: () => true,
    fault: (state) => (state.faults.includes(fault) ? fault : null),
  };
}
