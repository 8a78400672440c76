/**
 * Nanoseconds that `work` takes: of the clock or of the processor, whichever is less. Both count more than the thread's
 * own time, the clock also what other processes take, the processor time also what V8's helper threads do.
 */
export function nanoseconds(work: () => void): number {
  const before = process.cpuUsage();
  const start = performance.now();
  work();
  const clock = performance.now() - start;
  const used = process.cpuUsage(before);
  return Math.min(clock * 1e6, (used.user + used.system) * 1e3);
}

export function quantile(values: readonly number[] | Float64Array, share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
}

export function median(values: readonly number[] | Float64Array): number {
  return quantile(values, 0.5);
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** 1234.5 -> '1.23 us' */
export function time(ns: number): string {
  return ns < 1000 ? `${ns.toFixed(0)} ns` : ns < 1e6 ? `${(ns / 1e3).toFixed(2)} us` : `${(ns / 1e6).toFixed(2)} ms`;
}
