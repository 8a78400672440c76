/** What vitest keeps of the timers it found, to send its messages with. */
const SAFE_TIMERS = 'vitest:SAFE_TIMERS';

/**
 * vitest sends each message with the `process.nextTick` that it found first, and puts the present one back a tick later. When it
 * sends two in one turn, the second one finds vitest's own and leaves it there for good: what is carried through ticks would be lost.
 * So the present one is what it finds. Call when `process.nextTick` has been replaced.
 */
export function keepNextTick(): void {
  const symbol = Object.getOwnPropertySymbols(globalThis).find(({ description }) => description === SAFE_TIMERS);
  const timers = symbol === undefined ? undefined : (Reflect.get(globalThis, symbol) as Partial<NodeJS.Process>);
  if (typeof timers?.nextTick === 'function') timers.nextTick = process.nextTick;
}
