import { inspect } from 'node:util';

/** True while the promise is not settled. Nothing of what it holds is looked at. Some microseconds. */
export function isPending(promise: Promise<unknown>): boolean {
  return /^[^{]*\{\s*<pending>/.test(inspect(promise, { depth: 0, customInspect: false, maxStringLength: 0 }));
}
