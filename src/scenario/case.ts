import type { DeclaredOrder } from './declared-order.ts';
import type { Op } from './op.ts';

/** How a case is meant to be run. */
export type Mode = 'class' | 'instance' | 'explore' | 'graph' | 'property';

/** Modes the driver can run; `property` cases are parameters of a randomised test. */
export const MODES: readonly Mode[] = Object.freeze(['class', 'instance', 'explore', 'graph']);

/** Who gets a lock that becomes free: the queue in order, or whoever comes first. */
export type QueuePolicy = 'fair' | 'barging' | 'queued';

/** What asking again for an object one already has does, where the object says so (ReentrantSemaphore modes). */
export type Reentry = 'allowed' | 'not-allowed' | 'not-recognized' | 'stack';

/** A shared object of a scenario. */
export interface ScenarioObject {
  readonly name: string;
  /** As written, or guessed from the first operation on it. */
  readonly type: string;
  /** Class it belongs to, its own name where none was given. */
  readonly className: string;
  /** Asking again by the owner succeeds at once and counts. */
  readonly recursive: boolean;
  readonly policy: QueuePolicy;
  /** Permits free at the start, may be negative; null for what is not counted. */
  readonly permits: number | null;
  /** Slots of a channel: 0 is a rendezvous, infinity is unbounded. */
  readonly capacity: number;
  /** Senders of a channel that can be dropped. */
  readonly senders: number;
  readonly autoreset: boolean;
  readonly isSetAtStart: boolean;
  /** Contexts a barrier waits for. */
  readonly parties: number;
  /** May be released by another context than the one that took it. */
  readonly crossRelease: boolean;
  readonly upgradeWaitsForQueue: boolean;
  /** Held at the start by a foreign context outside the scenario, in these words; null when it is free. */
  readonly heldBy: string | null;
  /** A free ww_mutex that still points to this acquire context. */
  readonly staleContext: string | null;
  readonly reentry: Reentry | null;
  /** True when a `class` was given. */
  readonly hasClass: boolean;
}

export interface ScenarioContext {
  readonly name: string;
  readonly ops: readonly Op[];
  readonly spawnedBy: string | null;
  /** May stay blocked: its waiting is no fault. */
  readonly daemon: boolean;
  /** Operations after which it is never scheduled again; null when it runs on. */
  readonly abandonedAfter: number | null;
}

/** One entry of a scenario file, checked. */
export interface ScenarioCase {
  readonly suite: string;
  readonly name: string;
  readonly lockTypes: readonly string[];
  readonly mode: Mode;
  readonly objects: ReadonlyMap<string, ScenarioObject>;
  readonly contexts: readonly ScenarioContext[];
  /** Names of contexts; each mention starts the next operation of that context. */
  readonly order: readonly string[];
  /** `deadlock`, `ok` or `misuse:<kind>`; null where the file states nothing. */
  readonly expect: string | null;
  readonly replayable: boolean;
  readonly waitContext: boolean;
  readonly predictableFromLuckyRun: boolean | null;
  readonly hangOrder: readonly string[] | null;
  readonly luckyOrder: readonly string[] | null;
  readonly stuckContexts: readonly string[] | null;
  /** The order in which locks must be taken, null where none is declared. */
  readonly declaredOrder: DeclaredOrder | null;
}

/** The case as reports name it: `suite/name`. */
export function caseTitle(scenario: ScenarioCase): string {
  return scenario.suite === '' ? scenario.name : `${scenario.suite}/${scenario.name}`;
}
