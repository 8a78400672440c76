import type { Histories } from '../core/history.ts';
import type { Observation } from './observation.ts';
import { isHeldAround } from './sighting.ts';

/**
 * True where somebody had his own part of a pool before he let its holder go on, and did not ask for it for him: when he asked, he had
 * nothing behind him of what the holder does. Whoever waits for one who has a part already does not wait for the pool.
 */
export function isOfPeer({ held, wait }: Observation, histories: Histories): boolean {
  if (held === null || wait.context.exact || held.object.key.capacity < 2) return false;
  return !isHeldAround(held, wait, histories);
}
