/** A case of the kernel's own selftests, or one that follows from a patch, by its id. */
export interface KernelCase {
  readonly id: string;
  readonly title: string;
  /** Throws when the expectation with the fix is not met. */
  readonly fixed: () => Promise<void> | void;
  /** Throws when the documented behaviour without the fix is not met; absent where there is no before. */
  readonly before?: () => Promise<void> | void;
}
