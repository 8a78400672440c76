/** One frame of a captured stack, already mapped to the source the user wrote. */
export interface Frame {
  /** Function name as the engine prints it, or null at top level. */
  readonly functionName: string | null;
  /** Package-relative POSIX path, `node:` specifier, or null where the engine knows none. */
  readonly file: string | null;
  /** Where the file is on this machine, for those who want to read it; never part of a report. */
  readonly path?: string;
  readonly line: number;
  readonly column: number;
}

/** True for code of an installed package, where that is known. */
export function isOfPackage({ path }: Frame): boolean {
  return path?.includes('/node_modules/') === true;
}

/** A captured stack. Reading `frames` may be dear (formatting, source maps): only reports do. */
export interface Stack {
  /** Innermost first. */
  readonly frames: readonly Frame[];
  /** Those of the call itself, if `frames` are those of a program that awaits what a library did there. */
  readonly direct?: readonly Frame[];
  /** A library does this at the end of a call of the program: where no frame is the program's, the call's are told. */
  atEndOf?(call: Stack): void;
  /** Lets go of everything but the places: an unformatted stack keeps every receiver on it alive. For stacks that stay. */
  release?(): void;
}

/** Where stacks come from; the core itself never looks at one. */
export interface StackSource {
  /** The stack of the caller's caller, unformatted; null where stacks are switched off. */
  capture(): Stack | null;
}

/** A source without stacks: every place prints `(N/A)`. */
export const NO_STACKS: StackSource = Object.freeze({ capture: () => null });
