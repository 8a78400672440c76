// Taken before a test puts a clock of its own in its place.
const { hrtime } = process;
const [start] = hrtime();

/**
 * Milliseconds of a clock that only goes forward, from about the time this was loaded. `performance` costs as much for each
 * reading, and a dozen modules of Node's own before every program.
 */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = hrtime();
  return (seconds - start) * 1000 + nanoseconds / 1e6;
}
