/**
 * Gives an object the stack of what has called the function `called`: so many frames at most, or as many as a program
 * says that has fixed `Error.stackTraceLimit`.
 */
export function captureStack(holder: { stack?: string }, called: object, frames: number): void {
  const limit = Error.stackTraceLimit;
  // An assignment would throw there.
  const isSet = Reflect.set(Error, 'stackTraceLimit', frames);
  Error.captureStackTrace(holder, called as () => unknown);
  if (isSet) Error.stackTraceLimit = limit;
}
