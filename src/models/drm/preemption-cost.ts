/** What a switch between clients of a ring costs, and where it can happen. Times are in microseconds. */
export interface PreemptionOptions {
  /** `instruction`: anywhere, at the price of saving everything. `boundary`: only where next to nothing need be saved. */
  readonly granularity: 'instruction' | 'boundary';
  /** Bytes a microsecond that state is saved with; 50 000 (50 GB/s) if not given. */
  readonly saveBytesPerUs?: number;
  readonly restoreBytesPerUs?: number;
  /** What each stop and each start costs besides. */
  readonly fixedUs?: number;
}

/** What a client runs. */
export interface ShaderWork {
  /** How long it runs undisturbed; Infinity for a shader that never ends. */
  readonly workUs: number;
  /** State visible to software while it runs: megabytes on a GPU. */
  readonly stateBytes: number;
  /** Points of the run at which state can be ignored; `none` when there are none before its end. */
  readonly boundariesUs: readonly number[] | 'none';
}

/** Registers, shared memory and caches of a GPU that a running shader can see. */
export const GPU_STATE_BYTES: number = 16 * 1024 * 1024;
/** The state people complain about on processors: AVX-512 registers and the rest of an XSAVE area. */
export const AVX512_STATE_BYTES = 2_700;
const DEFAULT_BYTES_PER_US = 50_000;

/** The costs of one GPU. */
export class PreemptionCost {
  readonly granularity: 'instruction' | 'boundary';
  readonly fixedUs: number;
  readonly #saveBytesPerUs: number;
  readonly #restoreBytesPerUs: number;

  constructor(options: PreemptionOptions) {
    this.granularity = options.granularity;
    this.fixedUs = options.fixedUs ?? 0;
    this.#saveBytesPerUs = options.saveBytesPerUs ?? DEFAULT_BYTES_PER_US;
    this.#restoreBytesPerUs = options.restoreBytesPerUs ?? this.#saveBytesPerUs;
  }

  /** What saving costs once the ring stands. */
  saveUs(work: ShaderWork): number {
    return this.fixedUs + (this.granularity === 'boundary' ? 0 : work.stateBytes / this.#saveBytesPerUs);
  }

  restoreUs(work: ShaderWork): number {
    return this.fixedUs + (this.granularity === 'boundary' ? 0 : work.stateBytes / this.#restoreBytesPerUs);
  }

  /** The next point at or behind `progressUs` where the ring can stop; Infinity when it never can. */
  nextStopUs(work: ShaderWork, progressUs: number): number {
    if (this.granularity === 'instruction') return progressUs;
    const boundaries = work.boundariesUs === 'none' ? [] : work.boundariesUs;
    return Math.min(work.workUs, ...boundaries.filter((at) => at >= progressUs));
  }

  /** From the request until another client may run. */
  stopLatencyUs(work: ShaderWork, progressUs: number): number {
    return this.nextStopUs(work, progressUs) - progressUs + this.saveUs(work);
  }

  /** The longest such time over the whole run: the longest gap between boundaries, or the save alone. */
  maxStopLatencyUs(work: ShaderWork): number {
    if (this.granularity === 'instruction') return this.saveUs(work);
    const boundaries = work.boundariesUs === 'none' ? [] : work.boundariesUs;
    const stops = [...new Set([0, ...boundaries, work.workUs])].filter((at) => at <= work.workUs).sort((a, b) => a - b);
    const gaps = stops.slice(1).map((at, i) => at - (stops[i] ?? 0));
    return Math.max(...gaps) + this.saveUs(work);
  }

  /** Part of a time slice that goes into switching; 1 is as much again as the slice. */
  overhead(work: ShaderWork, sliceUs: number): number {
    return (this.saveUs(work) + this.restoreUs(work)) / sliceUs;
  }

  /** The slice at which switching costs this part of it: shorter ones cost more. */
  sliceForOverhead(work: ShaderWork, overhead: number): number {
    return (this.saveUs(work) + this.restoreUs(work)) / overhead;
  }
}
