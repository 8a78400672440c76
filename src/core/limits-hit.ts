import type { Limits } from './limits.ts';

/** The caps that were hit: each is told once. */
export class LimitsHit {
  readonly #limits: Limits;
  readonly #tell: (name: keyof Limits, limit: number) => void;
  readonly #told = new Set<keyof Limits>();

  constructor(limits: Limits, tell: (name: keyof Limits, limit: number) => void = () => undefined) {
    this.#limits = limits;
    this.#tell = tell;
  }

  add(name: keyof Limits): void {
    if (this.#told.has(name)) return;
    this.#told.add(name);
    this.#tell(name, this.#limits[name]);
  }
}
