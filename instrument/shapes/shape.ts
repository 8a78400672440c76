import type { Claim } from './claim.ts';

/** Of one function or of several. */
export type Names = string | readonly string[];

/** The methods of a lock, a semaphore, a pool, a queue or a limiter, told by what they do. */
export interface Shape {
  /** What reports call it; if not given, the expression it is first used through. */
  readonly name?: string;
  /** How many can have it at once; 1 if not given. What nobody can have until somebody gives is a signal, and not watched. */
  readonly capacity?: number | ((target: object) => number);
  /** Wait for one and give it: by a promise (of `false` when they have given up), or by calling back with `(error, what)`. */
  readonly acquire?: Names;
  /**
   * True when `acquire` called now waits for nobody. Told, a free one costs a third and is known to be held at once. Not
   * for a pool, whose resources are told apart by what `acquire` gives, and not with `releaser`.
   * @param first the first argument of the call
   */
  readonly isFree?: (target: object, first?: unknown) => boolean;
  /** Give one or nothing (undefined, null, false), at once. */
  readonly tryAcquire?: Names;
  /** Take one back: the one given as first argument, else the caller's own newest. */
  readonly release?: Names;
  /** What `acquire` gives takes itself back: `true` when it is a function to be called, else the name of its method. */
  readonly releaser?: true | string;
  /** Wait for one, hold it while the function among the arguments runs, and give that function's result. */
  readonly run?: Names;
  /** Wait until nobody holds one and nobody waits for one. */
  readonly idle?: Names;
  /** Made of the others, and only names the lock, by the place that calls it: in the class itself all are called `this`. */
  readonly naming?: Names;
  /** After how many milliseconds a call that waits gives up; undefined where it does not. */
  readonly timeoutMs?: (...args: never[]) => number | undefined;
  /** Which of the locks that the object stands for a call is about; undefined for the object itself. */
  readonly key?: (...args: never[]) => unknown;
}

/** What is known of a lock that nobody has told of. */
export interface FoundShape extends Shape {
  /** What it is called where the place of its first use does not say; the class of the object if not given. */
  readonly kindName?: string;
  /** Which argument of `run` is the task, where others may be functions too; the first function if not given. */
  readonly taskAt?: number;
  /** False where a function among the arguments of `acquire` is never one that is called back. */
  readonly callsBack?: boolean;
  /** What `acquire` gives takes itself back with each of these methods. */
  readonly releasers?: readonly PropertyKey[];
  /** Where `acquire` gives functions that give it back: whether this is one that is seen to do so. */
  readonly isTicket?: (what: unknown, claim: Claim) => boolean;
  /** Which of the functions let in others who call them, and whether they stand behind writers that wait. */
  readonly readers?: { readonly functions: readonly string[]; readonly isQueued: boolean };
  /** Wait for their turn somewhere inside, and say where. */
  readonly sections?: Names;
}
