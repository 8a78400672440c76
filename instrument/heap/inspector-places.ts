import type { Session } from 'node:inspector';
import { createRequire } from 'node:module';
import { isInstalled, isOwnFile, toPath } from '../paths.ts';
import { processorMs } from '../process/processor-time.ts';
import { functionText, namesIn } from './function-text.ts';
import { type HeapNode, keyOf, type ScriptPlace } from './heap-graph.ts';
import { InlineMaps } from './inline-maps.ts';

/** Where a suspended function stands, and its variables. Lines and columns count from 1. */
export interface SuspendedPlace {
  readonly url: string;
  readonly line: number;
  readonly column: number;
  /** Its own variables in order, with their values in short. */
  readonly locals: readonly { readonly name: string; readonly value: string }[];
}

type Properties = readonly {
  readonly name: string;
  readonly value?: {
    readonly type?: string;
    readonly value?: unknown;
    readonly description?: string;
    readonly objectId?: string;
  };
}[];

/** A script, and where in its text each line begins. */
interface ScriptSource {
  readonly text: string;
  readonly lines: readonly number[];
}

const MAX_VALUE = 60;
/** Characters of a function. */
const MAX_TEXT = 50_000;

/**
 * The inspector of this process, for what a snapshot does not say: the line of an `await`, and the variables around it.
 * Nobody outside is let in. Each look-up walks the heap, so it gives up when `budgetMs` is spent.
 */
export class InspectorPlaces {
  readonly inlineMaps: InlineMaps = new InlineMaps();
  readonly #session: Session;
  readonly #urls = new Map<string, string>();
  /** Which scripts are dept's. */
  readonly #own = new Map<string, boolean>();
  readonly #sources = new Map<string, ScriptSource>();
  readonly #texts = new Map<string, string | null>();
  readonly #names = new Map<string, ReadonlySet<string>>();
  readonly #found = new Map<HeapNode, SuspendedPlace | null>();
  readonly #until: number;
  /** True when something was not looked up because the time was spent. */
  isSpent = false;

  /** @throws Error where Node was built without an inspector */
  constructor(budgetMs: number) {
    // Loaded here: a program that does not stall has no use for it.
    const inspector = createRequire(import.meta.url)('node:inspector') as typeof import('node:inspector');
    this.#until = processorMs() + budgetMs;
    this.#session = new inspector.Session();
    this.#session.connect();
    this.#session.on('Debugger.scriptParsed', ({ params: { scriptId, url, sourceMapURL } }) => {
      this.#urls.set(scriptId, url);
      if (sourceMapURL !== undefined) this.inlineMaps.add(url, sourceMapURL);
    });
    this.#post('Debugger.enable');
    this.#post('HeapProfiler.enable');
  }

  /** The address of a script. */
  urlOf({ scriptId }: ScriptPlace): string | null {
    return this.#urls.get(scriptId) ?? null;
  }

  /** True for code of a package, where that is known. */
  isInstalled(place: ScriptPlace | null): boolean {
    return place !== null && isInstalled(this.urlOf(place) ?? '');
  }

  /** True for code of Node. */
  isOfNode(place: ScriptPlace | null): boolean {
    return place !== null && this.urlOf(place)?.startsWith('node:') === true;
  }

  /** True for code of the program: of no package, not of Node nor of dept. What is in no script is none. */
  isOfProgram(place: ScriptPlace | null): boolean {
    if (place === null || this.urlOf(place) === null) return false;
    return !this.isOfNode(place) && !this.isInstalled(place) && !this.isOwn(place);
  }

  /** True for code of dept. */
  isOwn(place: ScriptPlace | null): boolean {
    if (place === null) return false;
    let isOwn = this.#own.get(place.scriptId);
    if (isOwn === undefined) {
      isOwn = isOwnFile(toPath(this.urlOf(place) ?? ''));
      this.#own.set(place.scriptId, isOwn);
    }
    return isOwn;
  }

  /** What the function is written as that begins there; null where the engine does not tell. */
  textAt(place: ScriptPlace): string | null {
    const key = keyOf(place);
    let text = this.#texts.get(key);
    if (text === undefined) {
      text = this.#readText(place);
      this.#texts.set(key, text);
    }
    return text;
  }

  /** The names in its text; none where that is not known, and of a text so long that it is no function's. */
  namesAt(place: ScriptPlace): ReadonlySet<string> {
    const key = keyOf(place);
    let names = this.#names.get(key);
    if (names === undefined) {
      const text = this.textAt(place);
      names = namesIn(text !== null && text.length > MAX_TEXT ? null : text);
      this.#names.set(key, names);
    }
    return names;
  }

  /** The whole script; empty where the engine does not tell. */
  scriptAt({ scriptId }: ScriptPlace): string {
    return this.#sourceOf(scriptId).text;
  }

  /** The script before that place; empty likewise. */
  textBefore({ scriptId, line, column }: ScriptPlace): string {
    const { text, lines } = this.#sourceOf(scriptId);
    return text.slice(0, (lines[line] ?? 0) + column);
  }

  #readText({ scriptId, line, column }: ScriptPlace): string | null {
    const source = this.#sourceOf(scriptId);
    const begin = source.lines[line];
    return begin === undefined ? null : functionText(source.text, begin + column);
  }

  /** Looked up once. @param id as `HeapGraph.id` gives it. @returns null when the object is gone or the time is spent */
  find(id: HeapNode): SuspendedPlace | null {
    const known = this.#found.get(id);
    if (known !== undefined) return known;
    if (!this.hasTime()) return null;
    const place = this.#lookUp(id);
    this.#found.set(id, place);
    return place;
  }

  /** False when the time is spent. */
  hasTime(): boolean {
    if (processorMs() <= this.#until) return true;
    this.isSpent = true;
    return false;
  }

  #lookUp(id: HeapNode): SuspendedPlace | null {
    try {
      const { result } = this.#post('HeapProfiler.getObjectByHeapObjectId', { objectId: String(id) }) as {
        result: { objectId: string };
      };
      return this.#read(result.objectId);
    } catch {
      return null;
    }
  }

  close(): void {
    this.#session.disconnect();
  }

  #sourceOf(scriptId: string): ScriptSource {
    let source = this.#sources.get(scriptId);
    if (source === undefined) {
      source = this.#readSource(scriptId);
      this.#sources.set(scriptId, source);
    }
    return source;
  }

  #readSource(scriptId: string): ScriptSource {
    try {
      const { scriptSource: text } = this.#post('Debugger.getScriptSource', { scriptId }) as { scriptSource: string };
      return { text, lines: lineStarts(text) };
    } catch {
      return { text: '', lines: [] };
    }
  }

  #read(objectId: string): SuspendedPlace | null {
    const { internalProperties = [] } = this.#post('Runtime.getProperties', { objectId, ownProperties: true }) as {
      internalProperties?: Properties;
    };
    const internal = (name: string): Properties[number]['value'] =>
      internalProperties.find((property) => property.name === name)?.value;
    const at = internal('[[GeneratorLocation]]')?.value as
      | { readonly scriptId: string; readonly lineNumber: number; readonly columnNumber: number }
      | undefined;
    if (at === undefined) return null;
    const url = this.#urls.get(at.scriptId) ?? '';
    const locals = this.#locals(internal('[[Scopes]]')?.objectId);
    return { url, line: at.lineNumber + 1, column: at.columnNumber + 1, locals };
  }

  /** The scopes of the function itself, innermost first; what it shares with others is left out. */
  #locals(scopes: string | undefined): SuspendedPlace['locals'] {
    if (scopes === undefined) return [];
    const locals = new Map<string, string>();
    for (const { name, value } of this.#properties(scopes)) {
      if (!/^\d+$/.test(name) || !/Local|Block/.test(value?.description ?? '')) break;
      for (const { name: local, value: held } of this.#properties(value?.objectId ?? '')) {
        if (held !== undefined && held.type !== 'undefined' && !locals.has(local)) locals.set(local, shortly(held));
      }
    }
    return [...locals].map(([name, value]) => ({ name, value }));
  }

  #properties(objectId: string): Properties {
    return (this.#post('Runtime.getProperties', { objectId, ownProperties: true }) as { result: Properties }).result;
  }

  /** Commands of a session in the same thread are answered before `post` returns. */
  #post(method: string, params: object = {}): unknown {
    let answer: unknown;
    let failure: Error | null = null;
    this.#session.post(method, params, (error, result) => {
      failure = error;
      answer = result;
    });
    if (failure !== null) throw new Error(`${method} failed`, { cause: failure });
    return answer;
  }
}

function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

function shortly({ value, description }: NonNullable<Properties[number]['value']>): string {
  const text = value === undefined ? (description ?? '') : JSON.stringify(value);
  const line = text.replace(/\s+/g, ' ');
  return line.length > MAX_VALUE ? `${line.slice(0, MAX_VALUE)}...` : line;
}
