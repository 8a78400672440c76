/** What a class of the program is as a lock. Names are those of its methods. */
export interface OwnLock {
  readonly acquire?: readonly string[];
  readonly release?: readonly string[];
  readonly run?: readonly string[];
  /** Made of the others: who calls them gives the lock its name. */
  readonly naming?: readonly string[];
  /** Wait for it, hold it and give it back by themselves, and say when. */
  readonly sections?: readonly string[];
  /** What `acquire` gives is a function that gives it back. */
  readonly isTicket?: boolean;
  /** What `acquire` gives has methods of these names that give it back; `@@dispose` is `Symbol.dispose`. */
  readonly handle?: readonly string[];
  /** Who takes it through these has it beside others who do. `isQueued`: not before writers that wait already. */
  readonly readers?: { readonly functions: readonly string[]; readonly isQueued: boolean };
  /** Which argument is the task that is run. */
  readonly taskAt?: number;
  /** Which argument tells the locks apart that the object stands for. */
  readonly keyAt?: number;
}

/** All functions that it says something of. */
export function functionsOf(lock: OwnLock): readonly string[] {
  const { acquire = [], release = [], run = [], naming = [], sections = [] } = lock;
  return [...acquire, ...release, ...run, ...naming, ...sections];
}
