import { CHANGE_HANDLE_VERSIONS, type ChangeHandleVersion } from '../../../src/models/drm/gem-fixes.ts';
import type { Explorable } from '../../../src/scenario/explore.ts';

/**
 * Ioctls on one exported object that has handle 1, one critical section a step. The model in src/models/drm is the same
 * code over the simulated locks; here the explorer can keep states, so there is no bound on preemptions.
 */
export interface ChangeHandleSystem {
  readonly version: Exclude<ChangeHandleVersion, 'v0' | 'v7.2'>;
  readonly ioctls: readonly Ioctl[];
}

export type Ioctl =
  | { readonly op: 'change'; readonly from: number; readonly to: number }
  | { readonly op: 'close'; readonly handle: number };

export type Fault = 'use-after-free' | 'leak' | 'miscount' | 'prime-mismatch';

/** `null` is a slot that is given out, without an object yet, or any more. */
type Slots = Readonly<Record<number, 'object' | null>>;

interface Thread {
  readonly step: number;
  /** What it answers; null while it runs. */
  readonly answer: 'ok' | 'error' | null;
  /** It is the one that put the last handle. */
  readonly isLast: boolean;
}

interface State {
  readonly threads: readonly Thread[];
  readonly slots: Slots;
  /** Handles under which the file's prime tables have the dma-buf. */
  readonly prime: readonly number[];
  readonly primeLock: number | null;
  readonly references: number;
  readonly handleCount: number;
  readonly fault: Fault | null;
}

type Change = Partial<Omit<State, 'threads'>> & { readonly thread?: Partial<Thread> };

function advance(state: State, id: number, change: Change = {}): State {
  const { thread, ...rest } = change;
  const threads = state.threads.map((before, place) =>
    place === id ? { ...before, step: before.step + 1, ...thread } : before,
  );
  return { ...state, ...rest, threads };
}

function without(slots: Slots, handle: number): Slots {
  return Object.fromEntries(Object.entries(slots).filter(([each]) => Number(each) !== handle));
}

/** The memory is looked at: it is gone once nobody has a reference. */
function used(state: State): State {
  return state.references > 0 ? state : { ...state, fault: 'use-after-free' };
}

function replaced(slots: Slots, handle: number, value: 'object' | null): Slots {
  return handle in slots ? { ...slots, [handle]: value } : slots;
}

const moved = (prime: readonly number[], from: number, to: number): readonly number[] =>
  [...prime.filter((handle) => handle !== from), to].sort((a, b) => a - b);

/** v1 to v5: lookup, lock, both slots, PRIME, slots again, unlock, put. */
function changeLookedUp(system: ChangeHandleSystem, state: State, id: number, from: number, to: number): State {
  const { changeHandleNullsNew, changeHandleInstalls, changeHandleNullsOld } = CHANGE_HANDLE_VERSIONS[system.version];
  const { slots, threads, prime, references } = state;
  switch (threads[id]?.step) {
    case 0:
      if (slots[from] !== 'object') return advance(state, id, { thread: { answer: 'error' } });
      return advance(used(state), id, { references: references + 1 });
    case 1:
      return advance(state, id, { primeLock: id });
    case 2: {
      if (to in slots) return advance(state, id, { thread: { step: 5, answer: null } });
      const taken = { ...slots, [to]: changeHandleNullsNew ? null : ('object' as const) };
      return advance(state, id, { slots: changeHandleNullsOld ? replaced(taken, from, null) : taken });
    }
    case 3:
      return advance(used(state), id, { prime: state.handleCount > 0 ? moved(prime, from, to) : prime });
    case 4: {
      const left = without(slots, from);
      return advance(state, id, { slots: changeHandleInstalls ? replaced(left, to, 'object') : left });
    }
    case 5:
      return advance(state, id, { primeLock: null });
    default:
      return advance(used(state), id, { references: references - 1, thread: { answer: 'ok' } });
  }
}

/** v6: lock, exchange, PRIME, slots again, unlock. */
function changeTwoStage(state: State, id: number, from: number, to: number): State {
  const { slots, threads, prime } = state;
  switch (threads[id]?.step) {
    case 0:
      return advance(state, id, { primeLock: id });
    case 1: {
      const isRefused = to in slots || slots[from] !== 'object';
      if (isRefused) return advance(state, id, { thread: { step: 4 } });
      return advance(state, id, { slots: { ...slots, [from]: null, [to]: null } });
    }
    case 2:
      return advance(used(state), id, { prime: moved(prime, from, to) });
    case 3:
      return advance(state, id, { slots: replaced(without(slots, from), to, 'object') });
    default:
      return advance(state, id, { primeLock: null, thread: { answer: 'ok' } });
  }
}

/** drm_gem_handle_delete(): NULL in the slot, PRIME, the handle count, the reference of all handles, the slot. */
function close(state: State, id: number, handle: number): State {
  const { slots, threads, prime, references, handleCount } = state;
  const thread = threads[id] as Thread;
  switch (thread.step) {
    case 0:
      if (slots[handle] !== 'object') return advance(state, id, { thread: { answer: 'error' } });
      return advance(state, id, { slots: { ...slots, [handle]: null } });
    case 1:
      return advance(state, id, { prime: prime.filter((each) => each !== handle) });
    case 2: {
      const seen = used(state);
      // A WARN, and nothing else.
      if (handleCount === 0) return advance({ ...seen, fault: seen.fault ?? 'miscount' }, id);
      return advance(seen, id, { handleCount: handleCount - 1, thread: { isLast: handleCount === 1 } });
    }
    case 3:
      return thread.isLast ? advance(used(state), id, { references: references - 1 }) : advance(state, id);
    default:
      return advance(state, id, { slots: without(slots, handle), thread: { answer: 'ok' } });
  }
}

function step(system: ChangeHandleSystem, state: State, id: number): State {
  const ioctl = system.ioctls[id] as Ioctl;
  if (ioctl.op === 'close') return close(state, id, ioctl.handle);
  if (system.version === 'v6') return changeTwoStage(state, id, ioctl.from, ioctl.to);
  return changeLookedUp(system, state, id, ioctl.from, ioctl.to);
}

/** The next step of this thread takes `prime.lock`. */
function takesPrimeLock(system: ChangeHandleSystem, id: number, at: number): boolean {
  const isEarly = system.ioctls[id]?.op === 'change' && system.version === 'v6';
  return at === (isEarly ? 0 : 1);
}

/** What is wrong once every ioctl has answered. */
function atEnd({ slots, references, handleCount, prime }: State): Fault | null {
  const handles = Object.keys(slots).filter((handle) => slots[Number(handle)] === 'object');
  if (handles.length > 0 && references === 0) return 'use-after-free';
  if (handles.length !== handleCount) return handles.length === 0 ? 'leak' : 'miscount';
  if (handles.length === 0) return references > 0 ? 'leak' : null;
  return prime.join() === handles.join() ? null : 'prime-mismatch';
}

/** The system as the explorer searches it. A state after a fault is not followed. */
export function changeHandleSystem(system: ChangeHandleSystem): Explorable<State, string> {
  const nameOf = (id: number): string => {
    const ioctl = system.ioctls[id] as Ioctl;
    return ioctl.op === 'close' ? `close ${ioctl.handle}` : `change ${ioctl.from} to ${ioctl.to}`;
  };
  const ids = system.ioctls.map((_ioctl, id) => id);
  const canMove = (state: State, id: number): boolean => {
    const { answer, step: at } = state.threads[id] as Thread;
    return answer === null && !(takesPrimeLock(system, id, at) && state.primeLock !== null);
  };
  return {
    initial: () => ({
      threads: ids.map(() => ({ step: 0, answer: null, isLast: false })),
      slots: { 1: 'object' },
      prime: [1],
      primeLock: null,
      references: 1,
      handleCount: 1,
      fault: null,
    }),
    moves: (state) => (state.fault === null ? ids.filter((id) => canMove(state, id)).map(nameOf) : []),
    apply: (state, move) => step(system, state, ids.find((id) => nameOf(id) === move) ?? 0),
    key: (state) => JSON.stringify(state),
    done: ({ fault, threads }) => fault !== null || threads.every(({ answer }) => answer !== null),
    fault: (state) => {
      if (state.fault !== null) return state.fault;
      return state.threads.every(({ answer }) => answer !== null) ? atEnd(state) : null;
    },
  };
}
