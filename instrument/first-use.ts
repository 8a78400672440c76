import type { ObjectKind } from '../src/core/classes.ts';
import type { Frame } from '../src/core/stack.ts';
import type { TrackedObject } from '../src/core/tracked-object.ts';
import * as hooks from '../src/sync/hooks.ts';
import { enclosingClass } from './stacks/enclosing-class.ts';
import { sourceLine, sourceLines } from './stacks/source-line.ts';

/**
 * A tracked object for a library's instance whose making was not seen: its class is the place of its first use, its name
 * the expression it is used through there (`stock` in `stock.acquire()`). Costs a formatted stack, once an instance.
 */
export function trackByFirstUse(
  kindName: string,
  capacity: number,
  methods: readonly string[],
  kind: ObjectKind = kindOf(capacity),
): TrackedObject | null {
  return trackAt(placeOfUse(kindName, methods), capacity, kind);
}

/** What can be taken once is a mutex. */
export function kindOf(capacity: number): ObjectKind {
  return typeof capacity === 'number' && capacity > 1 ? 'semaphore' : 'mutex';
}

/** What an instance is called, and where that was read. */
export interface NamedPlace {
  readonly name: string;
  readonly site: string | null;
}

/** The place that calls one of these methods now, and the expression it calls it on; null when nobody listens. */
export function placeOfUse(kindName: string, methods: readonly string[]): NamedPlace | null {
  return placeOf(kindName, (line, column) => receiverAt(line, column, methods), ownerAt);
}

/** The same for what is called without an object, as a function that a variable has is: by the name it is called by. */
export function trackByFirstCall(kindName: string, capacity: number, methods: readonly string[]): TrackedObject | null {
  const place = placeOf(kindName, (line, column) => receiverAt(line, column, methods) ?? bareCallAt(line, column));
  return trackAt(place, capacity, kindOf(capacity));
}

function trackAt(place: NamedPlace | null, capacity: number, kind: ObjectKind): TrackedObject | null {
  return place === null ? null : hooks.track({ kind, ...place, capacity, isByUse: true });
}

/** The place that makes an instance now, and the variable it goes into; null when nobody listens. */
export function placeOfCreation(kindName: string): NamedPlace | null {
  return placeOf(kindName, assigneeAt);
}

/** The place that calls a function now, and what the function is called there; null when nobody listens. */
export function placeOfCall(kindName: string): NamedPlace | null {
  return placeOf(kindName, calleeAt);
}

type NameAt = (line: string, column: number) => string | null;

/** @param ofAt what it belongs to, where it has no name there */
function placeOf(kindName: string, nameAt: NameAt, ofAt: NameAt = () => null): NamedPlace | null {
  const session = hooks.activeSession();
  if (session === null) return null;
  const frame = session.capture()?.frames[0];
  if (frame === undefined || frame.file === null) return { name: kindName, site: null };
  const site = `${frame.file}:${frame.line}:${frame.column}`;
  const line = sourceLine(frame);
  const name = line === null ? null : nameAt(line, frame.column);
  if (name !== null) return { name: nameInClass(name, frame), site };
  const of = line === null ? null : ofAt(line, frame.column);
  return { name: of === null ? `${kindName}@${site}` : `${kindName} of ${nameInClass(of, frame)}`, site };
}

/** `this.lock` in a class `Stock` is `Stock.lock`: many classes have a lock, and a report names two of them. */
function nameInClass(name: string, frame: Frame): string {
  if (!/^this(?=\.|$)/.test(name)) return name;
  const lines = sourceLines(frame);
  const owner = lines === null ? null : enclosingClass(lines, frame.line - 1);
  return owner === null ? name : owner + name.slice('this'.length);
}

/** Names, elements and calls, as in `this.#lockOf(id(order))!.inner`: a keyed lock is often found by a function. */
const RECEIVER = String.raw`(?:this\.)?[\w$#]+(?:[?!]?\.[\w$#]+|\[[^\]]*\]|\((?:[^()]|\([^()]*\))*\))*`;

const BEFORE_METHOD = new RegExp(String.raw`(?<![\w$#.)\]])(${RECEIVER})\s*[?!]?\.\s*$`);

/**
 * What a method of is called at this column (from 1) of a line, up to the first call: `this.db` of `this.db.selectFrom('orders').execute()`. It
 * has what it uses inside of it, as an ORM has its pool.
 */
export function ownerAt(line: string, column: number): string | null {
  const rest = line.slice(column - 1);
  // Where it was awaited nothing more is known than that.
  const awaited = /^await\s+(?!new\b)/.exec(rest);
  if (awaited === null && !/^[\w$#]+\s*[(<]/.test(rest)) return null;
  const asked = awaited === null ? BEFORE_METHOD.exec(line.slice(0, column - 1))?.[1] : rest.slice(awaited[0].length);
  const [path = ''] = /^[\w$#.?!]*/.exec(asked ?? '') ?? [];
  const isCalled = asked?.[path.length] === '(';
  const owner = (isCalled ? path.slice(0, Math.max(path.lastIndexOf('.'), 0)) : path).replaceAll(/[?!](?=\.|$)/g, '');
  return /^(?:this|super)?$/.test(owner) || (awaited !== null && !isCalled) ? null : owner;
}

/** What the value of the expression at this column (from 1) of a line is assigned to, or null where the line does not say. */
export function assigneeAt(line: string, column: number): string | null {
  const before = line.slice(0, Math.max(column - 1, 0));
  const [, name = null] = /([\w$#.]+)\s*(?::[^=]+)?=(?![=>])[^=]*$/.exec(before) ?? [];
  // A key of an object.
  return name ?? /([\w$]+)\s*:\s*(?:new\s+)?[\w$.]*$/.exec(before)?.[1] ?? null;
}

/** The expression that is called at this column (from 1) of a line. */
function calleeAt(line: string, column: number): string | null {
  const [before] = /(?:[\w$#]+\.)*$/.exec(line.slice(0, column - 1)) ?? [''];
  const [called] = /^[\w$#]+(?:\.[\w$#]+)*/.exec(line.slice(column - 1)) ?? [null];
  return called === null ? null : before + called;
}

/**
 * A function that is called at this column of a line without an object, as one that has been taken out of it. Where a compiler has made
 * `(0, shop.take)()` of `take()`, its map leads to the bracket.
 */
function bareCallAt(line: string, column: number): string | null {
  const rest = line.slice(column - 1);
  if (rest.startsWith('(')) return /(?<![.\w$#])([\w$]+)\s*$/.exec(line.slice(0, column - 1))?.[1] ?? null;
  return /^([\w$]+)\s*\(/.exec(rest)?.[1] ?? null;
}

/**
 * The expression before `.method(` at this column (from 1) of a line, or null where it is something else. A column that
 * does not point at a method, as some source maps give it, takes the nearest call before it.
 */
export function receiverAt(line: string, column: number, methods: readonly string[]): string | null {
  const pattern = new RegExp(`(${RECEIVER})\\s*[?!]?\\.\\s*(${methods.join('|')})\\s*[(<]`, 'dg');
  const isExact = methods.some((method) => line.startsWith(method, column - 1));
  let name: string | null = null;
  for (const match of line.matchAll(pattern)) {
    const found = match[1] ?? null;
    if (isExact && match.indices?.[2]?.[0] === column - 1) return found;
    if (!isExact && (name === null || match.index < column)) name = found;
  }
  return name;
}
