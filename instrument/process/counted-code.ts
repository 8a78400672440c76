import v8 from 'node:v8';
import { Script } from 'node:vm';

const CALLS = 10_000;
/** Each call has a place of two words where V8 counts. */
const COUNTERS = CALLS * 2 * 8;
/** What else is noted between two readings, a collection of garbage or a new page of the heap, is seldom. */
const ATTEMPTS = 5;

/**
 * True where V8 counts how often code runs, whoever has asked it to: a script then has its counters each time before it runs, and
 * without only when it has run for long. Nothing else in a process tells. A few milliseconds.
 */
export function isCodeCounted(): boolean {
  const script = new Script(`if (false in this) { ${'null();'.repeat(CALLS)} }`);
  let larger = 0;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const before = v8.getHeapStatistics().used_heap_size;
    script.runInThisContext();
    if (v8.getHeapStatistics().used_heap_size - before > COUNTERS / 2) larger++;
  }
  return larger > ATTEMPTS / 2;
}
