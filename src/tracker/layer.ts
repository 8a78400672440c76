import type { Circles } from './circles.ts';
import type { DependencyStore } from './dependency-store.ts';

/** A graph of dependencies with its circles: one of classes, one of the instances within a class. */
export interface Layer {
  readonly store: DependencyStore;
  readonly circles: Circles;
  /** How many dependencies it has room for. */
  readonly limit: 'maxDependencies' | 'maxInstancePairs';
}
