import { refillKept } from './attribution/kept-reactions.ts';
import type { Config } from './config.ts';

/**
 * Keeps promises that somebody awaits, which the heap is to tell of, from now on: what nobody can settle any more would be collected
 * before. Only where all is followed from the start. @returns what has to be called every fraction of a second
 */
export function keepForHeap({ attribution, stall }: Pick<Config, 'attribution' | 'stall'>): () => void {
  if (attribution !== 'precise' || stall === 'never') return () => undefined;
  refillKept();
  return () => refillKept();
}
