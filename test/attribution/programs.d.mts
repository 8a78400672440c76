/** A mutex as the programs use it. */
export interface ProgramMutex {
  readonly name: string;
  acquire(): Promise<() => void>;
  tryAcquire(): (() => void) | null;
  runExclusive<T>(fn: () => Promise<T>): Promise<T>;
}

export interface ProgramEnvironment {
  readonly A: ProgramMutex;
  readonly B: ProgramMutex;
  readonly C: ProgramMutex;
  readonly D: ProgramMutex;
  mk(name: string): ProgramMutex;
}

export interface Program {
  readonly name: string;
  /** Dependencies that must be found, as `A->B`. */
  readonly expect: readonly string[];
  /** Dependencies that may be found. */
  readonly optional: readonly string[];
  run(env: ProgramEnvironment): Promise<unknown>;
}

export declare const programs: readonly Program[];
