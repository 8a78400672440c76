/** Node's `process`, for all of the package: a program may put another one in its place, as a test of a browser does. */
export const process: NodeJS.Process = globalThis.process;
