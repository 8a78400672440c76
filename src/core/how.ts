import type { How } from './vocabulary.ts';

/** Makes a constant description of a hook point; what is left out takes the value of a plain exclusive lock. */
export function defineHow(parts: Partial<How>): How {
  return Object.freeze({
    mode: 'write',
    recursive: false,
    trylock: false,
    queued: true,
    sleeps: false,
    structured: false,
    startLabel: 'lock',
    waitLabel: 'lock',
    eventLabel: 'unlock',
    ...parts,
  } satisfies How);
}

/** The labels DEPT prints for each way of taking a lock (include/linux/dept_ldt.h). */
export const LOCK: How = defineHow({});
export const TRYLOCK: How = defineHow({ trylock: true, startLabel: 'trylock', waitLabel: 'trylock' });
export const WRITE_LOCK: How = defineHow({
  startLabel: 'write_lock',
  waitLabel: 'write_lock',
  eventLabel: 'write_unlock',
});
export const WRITE_TRYLOCK: How = defineHow({
  trylock: true,
  startLabel: 'write_trylock',
  waitLabel: 'write_trylock',
  eventLabel: 'write_unlock',
});
/** A reader behind the queue: waits for a queued writer, which waits for other readers. */
export const READ_LOCK: How = defineHow({
  mode: 'read',
  startLabel: 'read_lock',
  waitLabel: 'read_lock',
  eventLabel: 'read_unlock',
});
/** A reader that passes queued writers: waits for the writer inside only. */
export const READ_LOCK_RECURSIVE: How = defineHow({
  mode: 'read',
  recursive: true,
  queued: false,
  startLabel: 'read_lock',
  waitLabel: 'read_lock',
  eventLabel: 'read_unlock',
});
export const READ_TRYLOCK: How = defineHow({
  mode: 'read',
  trylock: true,
  startLabel: 'read_trylock',
  waitLabel: 'read_trylock',
  eventLabel: 'read_unlock',
});
/** A sleep until somebody's event (sdt_wait, sdt_event). */
export const EVENT: How = defineHow({ sleeps: true, startLabel: 'start', waitLabel: 'wait', eventLabel: 'event' });
/** The end of a downgrade: the writer goes on as a reader. */
export const DOWNGRADE: How = defineHow({
  mode: 'read',
  startLabel: 'downgrade',
  waitLabel: 'read_lock',
  eventLabel: 'read_unlock',
});
/** The label of a completion's wait and event. */
export const COMPLETION: How = defineHow({
  sleeps: true,
  startLabel: 'start',
  waitLabel: 'wait_for_completion',
  eventLabel: 'complete',
});
