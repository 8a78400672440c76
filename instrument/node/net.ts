// Taken before anything is patched.
const { getBuiltinModule } = process;

/** What Node calls `net`: half of it comes with that, which a program that has no socket should not wait for. */
export function loadNet(): typeof import('node:net') {
  return getBuiltinModule('node:net');
}
