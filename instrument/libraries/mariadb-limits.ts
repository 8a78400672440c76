import { legible, optionOf } from '../patches/passed-options.ts';

/** What a pool of mariadb is made with: an object, or a connection string with the same names after its `?`. */
export type MariadbOptions = string | { readonly connectionLimit?: unknown; readonly acquireTimeout?: unknown };

/** The limits of such a pool. */
export interface MariadbLimits {
  readonly connectionLimit: number;
  /** After how many milliseconds a request gives up; undefined where the program has not said it. */
  readonly timeoutMs: number | undefined;
}

/** As the package has it when nothing is said. */
const DEFAULT_LIMIT = 10;

export function readLimits(options: MariadbOptions): MariadbLimits {
  const read = typeof options === 'string' ? inString(options) : options;
  const limit = numeric(optionOf(read, 'connectionLimit') ?? DEFAULT_LIMIT);
  const timeoutMs = numeric(optionOf(read, 'acquireTimeout'));
  return {
    connectionLimit: limit > 0 ? limit : Number.POSITIVE_INFINITY,
    timeoutMs: timeoutMs > 0 ? timeoutMs : undefined,
  };
}

/** Several hosts make it something else than a URL. */
function inString(text: string): Exclude<MariadbOptions, string> {
  const options = new URLSearchParams(text.slice(text.indexOf('?') + 1));
  return { connectionLimit: options.get('connectionLimit'), acquireTimeout: options.get('acquireTimeout') };
}

function numeric(value: unknown): number {
  return legible(() => Number(value)) ?? Number.NaN;
}
