import { isThenable } from '../../src/core/thenable.ts';

export function isPromiseLike(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && isThenable(value);
}
