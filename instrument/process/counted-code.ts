import v8 from 'node:v8';
import { Script } from 'node:vm';

const CALLS = 10_000;
/** Each call has a place of two words where V8 counts. */
const COUNTERS = CALLS * 2 * 8;
/** A collection of garbage between two readings leaves nothing to be read. */
const ATTEMPTS = 5;

/**
 * True where V8 counts how often code runs, whoever has asked it to: a script then has its counters before it runs for the first time, and
 * without only when it has run for long. Nothing else in a process tells. A few milliseconds.
 */
export function isCodeCounted(): boolean {
  const script = new Script(`if (false in this) { ${'null();'.repeat(CALLS)} }`);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const before = v8.getHeapStatistics().used_heap_size;
    script.runInThisContext();
    const more = v8.getHeapStatistics().used_heap_size - before;
    if (more >= 0) return more > COUNTERS / 2;
  }
  return true;
}
