/** Every cap of the tracker, by name. Each one that is hit gives one DEPT009 notice that names it. */
export interface Limits {
  /** Event contexts one context may have open (DEPT_MAX_ECXT_HELD). */
  readonly maxOpenEventContexts: number;
  /** Waits one context remembers (DEPT_MAX_WAIT_HIST). */
  readonly maxWaitHistory: number;
  /** Frames kept of a stack (DEPT_MAX_STACK_ENTRY). */
  readonly maxStackFrames: number;
  /** Event classes, sub-classes counted apart. */
  readonly maxClasses: number;
  /** Dependencies between classes. */
  readonly maxDependencies: number;
  /** Findings kept and reported; later ones are only counted. */
  readonly maxFindings: number;
  /** Stacks captured per class at the start of an event context or wait, before something new grants more. */
  readonly maxStacksPerClass: number;
  /** Ordered pairs of instances kept for one class that nests in itself. */
  readonly maxInstancePairs: number;
  /** Nodes an asynchronous history keeps before it is compacted to the last wait of each class. */
  readonly maxHistoryNodes: number;
}

/** The kernel's figures where it has one, and room for a large server elsewhere. */
export const DEFAULT_LIMITS: Limits = Object.freeze({
  maxOpenEventContexts: 48,
  maxWaitHistory: 64,
  maxStackFrames: 16,
  maxClasses: 100_000,
  maxDependencies: 1_600_000,
  maxFindings: 1_000,
  maxStacksPerClass: 16,
  maxInstancePairs: 65_536,
  maxHistoryNodes: 64,
});
