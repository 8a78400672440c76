/** Stable codes of errors thrown at a caller who misused dept. */
export type DeptErrorCode = `ERR_DEPT_${string}`;

/** Thrown at the call site of a misuse: what happened, to which named object, the likely cause, and what to do. */
export class DeptError extends Error {
  readonly code: DeptErrorCode;

  constructor(code: DeptErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DeptError';
    this.code = code;
  }
}
