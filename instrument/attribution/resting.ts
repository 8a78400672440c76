let isNow = false;

/**
 * Asks for the end of what a hold rests on, as of what a task has returned. The reaction is made by `then`, but whoever holds sleeps
 * for it as if he awaited it.
 */
export function resting(ask: () => void): void {
  isNow = true;
  try {
    ask();
  } finally {
    isNow = false;
  }
}

/** True while that is asked. */
export function isResting(): boolean {
  return isNow;
}
