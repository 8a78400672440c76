/** Findings that the threads of a process can remember together; what comes after is told by each thread for itself. */
const SLOTS = 4096;
const EMPTY = 0n;

/**
 * Which findings some thread of the process has told of, in memory that all threads share: what eight workers find is
 * one finding. Holds fingerprints; a claim is one compare-and-swap.
 */
export class ToldFindings {
  readonly memory: ArrayBufferLike;
  readonly #slots: BigUint64Array;
  readonly #own = new Set<bigint>();

  /** @param memory of the thread that made it; new memory if not given */
  constructor(memory: ArrayBufferLike = newMemory()) {
    this.memory = memory;
    this.#slots = new BigUint64Array(memory);
  }

  /** True when no other thread has told of it; from here on this one has. */
  claim(fingerprint: string): boolean {
    const print = /^[0-9a-f]{1,16}$/.test(fingerprint) ? BigInt(`0x${fingerprint}`) : EMPTY;
    if (print === EMPTY || this.#own.has(print)) return true;
    const start = Number(print % BigInt(this.#slots.length));
    for (let step = 0; step < this.#slots.length; step++) {
      const at = (start + step) % this.#slots.length;
      const before = Atomics.compareExchange(this.#slots, at, EMPTY, print);
      if (before === print) return false;
      if (before === EMPTY) break;
    }
    this.#own.add(print);
    return true;
  }
}

/** Of this thread alone where the program has no shared memory: a flag of Node and some hardened programs take it away. */
function newMemory(): ArrayBufferLike {
  const bytes = SLOTS * BigUint64Array.BYTES_PER_ELEMENT;
  return typeof SharedArrayBuffer === 'undefined' ? new ArrayBuffer(bytes) : new SharedArrayBuffer(bytes);
}
