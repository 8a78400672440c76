import type { Sink } from './sink.ts';
import { writeFully } from './write-fully.ts';

const STDERR = 2;

/** All of the sinks as one. One that throws is told about once and left out from then on; the others go on. */
export function fanOut(
  sinks: readonly Sink[],
  warn: (message: string) => void = (message) => void writeFully(STDERR, message),
): Sink {
  const working = new Set(sinks);
  return {
    write(finding) {
      for (const sink of working) {
        try {
          sink.write(finding);
        } catch (error) {
          working.delete(sink);
          warn(`dept: a sink failed (${String(error)}); the program goes on without it.\n`);
        }
      }
    },
  };
}
