import { PreemptionCost, type ShaderWork } from './preemption-cost.ts';

/** One line of the comparison: the same work, stopped anywhere and stopped at boundaries. Times in microseconds. */
export interface PreemptionRow {
  readonly sliceUs: number;
  readonly fineLatencyUs: number;
  /** Part of the slice that goes into saving and restoring. */
  readonly fineOverhead: number;
  readonly coarseLatencyUs: number;
  readonly coarseOverhead: number;
}

/** The slices people talk about. */
export const SLICES_US: readonly number[] = [500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000];
const FINE = new PreemptionCost({ granularity: 'instruction' });
const COARSE = new PreemptionCost({ granularity: 'boundary' });

/** Worst latency and mean overhead of both kinds, for each slice. */
export function preemptionRows(work: ShaderWork, slices: readonly number[] = SLICES_US): PreemptionRow[] {
  return slices.map((sliceUs) => ({
    sliceUs,
    fineLatencyUs: FINE.maxStopLatencyUs(work),
    fineOverhead: FINE.overhead(work, sliceUs),
    coarseLatencyUs: COARSE.maxStopLatencyUs(work),
    coarseOverhead: COARSE.overhead(work, sliceUs),
  }));
}

/** The same as text, and below it the slice at which saving costs a tenth, under which nobody wants to go. */
export function preemptionTable(work: ShaderWork, slices: readonly number[] = SLICES_US): string {
  const head = ['    slice', 'fine latency', 'fine overhead', 'coarse latency', 'coarse overhead'];
  const lines = preemptionRows(work, slices).map((row) => [
    ms(row.sliceUs),
    ms(row.fineLatencyUs),
    percent(row.fineOverhead),
    ms(row.coarseLatencyUs),
    percent(row.coarseOverhead),
  ]);
  const table = [head, ...lines].map((cells) => cells.map((cell, i) => cell.padStart(head[i]?.length ?? 0)).join('  '));
  const crossOver = FINE.sliceForOverhead(work, 0.1);
  return [...table, '', `Saving and restoring is a tenth of a slice of ${ms(crossOver)}.`].join('\n');
}

function ms(us: number): string {
  return Number.isFinite(us) ? `${(us / 1000).toFixed(3)} ms` : 'never';
}

function percent(part: number): string {
  return `${(part * 100).toFixed(1)} %`;
}
