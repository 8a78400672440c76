import { DeptError } from '../src/core/dept-error.ts';

/** A JSON value and where it stands, for messages that name the place. */
export class JsonValue {
  readonly #value: unknown;
  readonly #path: string;
  readonly #line: number;

  constructor(value: unknown, path: string, line: number) {
    this.#value = value;
    this.#path = path;
    this.#line = line;
  }

  get isNull(): boolean {
    return this.#value === null || this.#value === undefined;
  }

  /** @throws DeptError ERR_DEPT_BAD_REPORT when this is no object */
  field(name: string): JsonValue {
    if (typeof this.#value !== 'object' || this.#value === null || Array.isArray(this.#value)) this.refuse('an object');
    const path = this.#path === '' ? name : `${this.#path}.${name}`;
    const value: unknown = Object.hasOwn(this.#value as object, name)
      ? (this.#value as Readonly<Record<string, unknown>>)[name]
      : undefined;
    return new JsonValue(value, path, this.#line);
  }

  items(): readonly JsonValue[] {
    if (!Array.isArray(this.#value)) this.refuse('an array');
    return (this.#value as readonly unknown[]).map(
      (item, index) => new JsonValue(item, `${this.#path}[${index}]`, this.#line),
    );
  }

  string(): string {
    if (typeof this.#value !== 'string') this.refuse('a string');
    return this.#value as string;
  }

  boolean(): boolean {
    if (typeof this.#value !== 'boolean') this.refuse('true or false');
    return this.#value as boolean;
  }

  /** A whole number from 0. */
  count(): number {
    if (!Number.isSafeInteger(this.#value) || (this.#value as number) < 0) this.refuse('a whole number from 0');
    return this.#value as number;
  }

  oneOf<T extends string>(allowed: readonly T[]): T {
    const found = allowed.find((candidate) => candidate === this.#value);
    if (found === undefined) this.refuse(`one of ${allowed.join(', ')}`);
    return found as T;
  }

  /** What `read` makes of it, or null where it is null or missing. */
  orNull<T>(read: (value: JsonValue) => T): T | null {
    return this.isNull ? null : read(this);
  }

  refuse(expected: string): never {
    const at = this.#path === '' ? 'the whole line' : this.#path;
    throw badReport(this.#line, `${at} is ${describe(this.#value)}, expected ${expected}`);
  }
}

/** The error for a line that is no report. */
export function badReport(line: number, problem: string, cause?: unknown): DeptError {
  const options = cause === undefined ? undefined : { cause };
  return new DeptError(
    'ERR_DEPT_BAD_REPORT',
    `line ${line}: ${problem}; each line must be one finding as dept writes it (NDJSON)`,
    options,
  );
}

function describe(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object') return 'an object';
  const text = String(JSON.stringify(value));
  return text.length > 40 ? `${text.slice(0, 40)}...` : text;
}
