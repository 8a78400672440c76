import type { ClassKey } from '../core/classes.ts';
import type { EventContext } from '../core/event-context.ts';
import type { Histories } from '../core/history.ts';
import { NEVER, type Tick } from '../core/ids.ts';
import type { Layer } from './layer.ts';
import type { Observation } from './observation.ts';
import { type PoolShares, permitsOf, type Share } from './pool-shares.ts';
import type { Sighting } from './sighting.ts';

/** Of who has part of a pool, and nothing keeps others from doing so too. */
const NO_LIMIT: Share = Object.freeze({ permits: 1, within: [] });

/**
 * Learns who waits with a part of a pool, and what was done side by side under one hold. Circles through pools that could not run
 * dry are looked at again as soon as they may.
 */
export class RunningDry {
  readonly #pools: PoolShares;
  readonly #layers: readonly Layer[];
  readonly #histories: Histories;

  constructor(pools: PoolShares, layers: readonly Layer[], histories: Histories) {
    this.#pools = pools;
    this.#layers = layers;
    this.#histories = histories;
  }

  /** A dependency of this layer was seen. @param holds what was held around it */
  note(layer: Layer, edge: number, seen: Observation, sighting: Sighting | null, holds: readonly EventContext[]): void {
    const { held, wait } = seen;
    const from = held?.object.key ?? null;
    const share = sighting?.share ?? NO_LIMIT;
    if (from !== null && from.capacity > 1 && this.#pools.note(from, layer.store.graph, edge, share))
      this.#reconsider(from);
    const to = wait.object.key;
    if (to.capacity > 1 && this.#pools.asked(to, permitsOf(wait))) this.#reconsider(to);
    if (sighting !== null) this.#noteHolds(layer, edge, seen, holds);
  }

  /** Who waits for what leads to a circle from now on may be stuck with his share. */
  circleClosed(): void {
    this.#reconsider(null);
  }

  /** Only asynchronous code does several things at a time under one hold. */
  #noteHolds({ circles }: Layer, edge: number, { context, held }: Observation, holds: readonly EventContext[]): void {
    if (held === null || context.exact) return;
    const isBehind = (begin: Tick): boolean => {
      let isFound = false;
      this.#histories.each(context.history, NEVER, (step) => {
        isFound ||= step.held?.begin === begin;
      });
      return isFound;
    };
    for (const hold of holds) {
      // What is over has let go of what was behind it.
      if (!hold.open || hold.begin >= held.begin) continue;
      const { key } = held.object;
      if (circles.done(edge, hold, held.begin, isBehind) && this.#pools.split(key, hold.object.id))
        this.#reconsider(key);
    }
  }

  /** Pools of this class, or of any, may run dry after all. */
  #reconsider(key: ClassKey | null): void {
    for (const { circles } of this.#layers) circles.reconsiderPools(key);
  }
}
