/** A held-lock chain: for each lock, oldest first, a number made of its class and the way it is held. */
export type Chain = readonly number[];

/** Two running 32-bit hashes; together they make the key. */
export type MixStep = (hash: number, id: number) => number;

/** What a look-up says. */
export type ChainVerdict = 'known' | 'new' | 'collision' | 'too-many-chains' | 'too-many-chain-hlocks';

/** Hits and misses are what `/proc/lockdep_stats` shows of the cache. */
export interface ChainStats {
  readonly chains: number;
  readonly hits: number;
  readonly misses: number;
  /** Locks of all remembered chains together. */
  readonly hlocks: number;
}

/**
 * Remembers every chain that has been validated, so that a chain seen before costs one look-up and no search. Without
 * it lockdep would be unusable (kernel lookup_chain_cache_add). Contents are compared on a hit: a collision is reported.
 */
export class ChainCache {
  readonly #chains = new Map<number, Chain>();
  readonly #maxChains: number;
  readonly #maxHlocks: number;
  readonly #mix: MixStep;
  #hits = 0;
  #hlocks = 0;

  constructor(maxChains: number, maxHlocks: number, mix: MixStep = mixStep) {
    this.#maxChains = maxChains;
    this.#maxHlocks = maxHlocks;
    this.#mix = mix;
  }

  get stats(): ChainStats {
    return { chains: this.#chains.size, hits: this.#hits, misses: this.#chains.size, hlocks: this.#hlocks };
  }

  /** Looks the chain up and remembers it when it is new. O(length). */
  lookup(chain: Chain): ChainVerdict {
    const key = this.#keyOf(chain);
    const known = this.#chains.get(key);
    if (known !== undefined) {
      this.#hits++;
      return sameChain(known, chain) ? 'known' : 'collision';
    }
    if (this.#chains.size >= this.#maxChains) return 'too-many-chains';
    if (this.#hlocks + chain.length > this.#maxHlocks) return 'too-many-chain-hlocks';
    this.#chains.set(key, chain.slice());
    this.#hlocks += chain.length;
    return 'new';
  }

  /** 53 bits: what a number holds exactly. */
  #keyOf(chain: Chain): number {
    let low = 0x9e3779b9;
    let high = 0x85ebca6b;
    for (const id of chain) {
      low = this.#mix(low, id);
      high = this.#mix(high, id ^ low);
    }
    return (high & 0x1fffff) * 0x100000000 + (low >>> 0);
  }
}

/** One round of Bob Jenkins' mixing as murmur3 does it; the kernel's iterate_chain_key uses jhash. */
function mixStep(hash: number, id: number): number {
  let k = Math.imul(id, 0xcc9e2d51);
  k = (k << 15) | (k >>> 17);
  const h = hash ^ Math.imul(k, 0x1b873593);
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

function sameChain(a: Chain, b: Chain): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
