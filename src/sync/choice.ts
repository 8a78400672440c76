/** Picks one of `count` runnable threads. */
export type Pick = (count: number) => number;

/** First come, first run. */
export const firstRunnable: Pick = () => 0;

/** The same choices for the same seed, on every machine (mulberry32). */
export function seededPick(seed: number): Pick {
  let state = seed >>> 0;
  return (count) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (((mixed ^ (mixed >>> 14)) >>> 0) % count) | 0;
  };
}
