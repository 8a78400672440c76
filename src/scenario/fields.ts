import { ScenarioError, type ScenarioPlace } from './scenario-error.ts';

const MAX_SHOWN = 80;

/** Reads the fields of one JSON object and says precisely what is wrong with them. */
export class Fields {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #place: ScenarioPlace;

  constructor(values: Readonly<Record<string, unknown>>, place: ScenarioPlace) {
    this.#values = values;
    this.#place = place;
  }

  raw(name: string): unknown {
    return this.#values[name] ?? undefined;
  }

  text(name: string): string {
    return this.optionalText(name) ?? this.#fail(name, 'a non-empty string');
  }

  optionalText(name: string): string | null {
    const value = this.raw(name);
    if (value === undefined) return null;
    return typeof value === 'string' && value !== '' ? value : this.#fail(name, 'a non-empty string');
  }

  optionalNumber(name: string): number | null {
    const value = this.raw(name);
    if (value === undefined) return null;
    return Number.isSafeInteger(value) ? (value as number) : this.#fail(name, 'a whole number');
  }

  flag(name: string, absent: boolean): boolean {
    const value = this.raw(name);
    if (value === undefined) return absent;
    return typeof value === 'boolean' ? value : this.#fail(name, 'true or false');
  }

  list(name: string): readonly unknown[] | null {
    const value = this.raw(name);
    if (value === undefined) return null;
    return Array.isArray(value) ? value : this.#fail(name, 'an array');
  }

  texts(name: string): readonly string[] | null {
    const list = this.list(name);
    if (list === null) return null;
    return list.every((entry) => typeof entry === 'string') ? list : this.#fail(name, 'an array of strings');
  }

  #fail(name: string, wanted: string): never {
    throw new ScenarioError(this.#place, `expected "${name}" to be ${wanted}, got ${shown(this.raw(name))}`);
  }
}

/** @throws ScenarioError when the value is not an object */
export function fieldsOf(value: unknown, place: ScenarioPlace, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ScenarioError(place, `expected ${what} to be an object, got ${shown(value)}`);
  }
  return new Fields(value as Record<string, unknown>, place);
}

/** A value as messages name it: a file may hold anything, however large or deep. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = JSON.stringify(value) ?? 'undefined';
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}...` : text;
}
