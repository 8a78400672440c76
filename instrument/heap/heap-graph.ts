import { getHeapSnapshot } from 'node:v8';
import { letNewestGo } from '../attribution/promise-links.ts';
import { isKnown, isNoteBehind, NOTED, PROMISE_NOTE } from './own-references.ts';

/** Index of an object of the heap. */
export type HeapNode = number;

/** What V8 writes (`v8.getHeapSnapshot`): flat lists, described by `meta`. */
interface Snapshot {
  readonly snapshot: {
    readonly meta: {
      readonly node_fields: readonly string[];
      readonly node_types: readonly [readonly string[], ...unknown[]];
      readonly edge_fields: readonly string[];
      readonly edge_types: readonly [readonly string[], ...unknown[]];
      readonly location_fields: readonly string[];
    };
  };
  readonly nodes: readonly number[];
  readonly edges: readonly number[];
  readonly locations: readonly number[];
  readonly strings: readonly string[];
}

/** One reference from an object to another. */
export interface HeapEdge {
  /** `context` (a captured variable), `property`, `element`, `internal`, `hidden`, `shortcut` or `weak`. */
  readonly type: string;
  /** Name of the variable, property or field; the index for elements. */
  readonly name: string;
  readonly node: HeapNode;
}

/** Where a function is written; lines and columns count from 0. */
export interface ScriptPlace {
  readonly scriptId: string;
  readonly line: number;
  readonly column: number;
}

/** What tells a place from all others. */
export function keyOf({ scriptId, line, column }: ScriptPlace): string {
  return `${scriptId}:${line}:${column}`;
}

/** Leads from what a script sees of a handle or request to what Node has behind it. */
const NATIVE = 'javascript_to_native';
/** What V8 calls the reactions of a promise that is pending, or what it was settled with. */
const REACTIONS = 'reactions_or_result';

/** The objects of a heap and the references between them, as one snapshot saw them. */
export class HeapGraph {
  /** Number of objects. */
  readonly size: number;
  readonly #snapshot: Snapshot;
  readonly #nodeWidth: number;
  readonly #edgeWidth: number;
  readonly #nodeTypes: readonly string[];
  readonly #edgeTypes: readonly string[];
  readonly #cellName: number;
  readonly #noteName: number;
  readonly #promiseName: number;
  readonly #field: { readonly type: number; readonly name: number; readonly id: number };
  /** Where the references of each object begin in the list of all. */
  readonly #firstEdge: Uint32Array;
  #retainers: { readonly first: Uint32Array; readonly from: Uint32Array; readonly edge: Uint32Array } | null = null;
  #places: ReadonlyMap<HeapNode, ScriptPlace> | null = null;
  /** The names of the subclasses of `Promise`. */
  #subclasses: ReadonlySet<number> | null = null;

  constructor(snapshot: Snapshot) {
    const { node_fields, node_types, edge_fields, edge_types } = snapshot.snapshot.meta;
    this.#snapshot = snapshot;
    this.#nodeWidth = node_fields.length;
    this.#edgeWidth = edge_fields.length;
    this.#nodeTypes = node_types[0];
    this.#edgeTypes = edge_types[0];
    this.#field = {
      type: node_fields.indexOf('type'),
      name: node_fields.indexOf('name'),
      id: node_fields.indexOf('id'),
    };
    this.#cellName = snapshot.strings.indexOf('system / ContextCell');
    this.#noteName = snapshot.strings.indexOf(PROMISE_NOTE);
    this.#promiseName = snapshot.strings.indexOf('Promise');
    const edgeCount = node_fields.indexOf('edge_count');
    this.size = snapshot.nodes.length / this.#nodeWidth;
    this.#firstEdge = new Uint32Array(this.size + 1);
    for (let node = 0; node < this.size; node++) {
      this.#firstEdge[node + 1] = (this.#firstEdge[node] ?? 0) + this.#nodeField(node, edgeCount);
    }
  }

  type(node: HeapNode): string {
    return this.#nodeTypes[this.#nodeField(node, this.#field.type)] ?? '';
  }

  /** Name of the constructor of an object, of a function itself, or what V8 calls its own records. */
  name(node: HeapNode): string {
    return this.#snapshot.strings[this.#nodeField(node, this.#field.name)] ?? '';
  }

  /** What the inspector knows the object by. */
  id(node: HeapNode): number {
    return this.#nodeField(node, this.#field.id);
  }

  edges(node: HeapNode): HeapEdge[] {
    const edges: HeapEdge[] = [];
    const end = this.#firstEdge[node + 1] ?? 0;
    for (let at = this.#firstEdge[node] ?? 0; at < end; at++) {
      const edge = this.#edge(at, null);
      if (edge.type === 'context' && this.#isCell(edge.node)) edges.push({ ...edge, node: this.#valueOf(edge.node) });
      else if (edge.type === 'property' && this.#isNote(edge.node)) edges.push(...this.#noted(edge.node));
      else edges.push(edge);
    }
    return edges;
  }

  /** Who refers to an object; `node` of each edge is the one that does. Linear in the heap the first time. */
  retainers(node: HeapNode): HeapEdge[] {
    this.#retainers ??= this.#indexRetainers();
    const { first, from, edge } = this.#retainers;
    const edges: HeapEdge[] = [];
    const end = first[node + 1] ?? 0;
    for (let at = first[node] ?? 0; at < end; at++) {
      const retainer = this.#edge(edge[at] ?? 0, from[at] ?? 0);
      if (this.#isCell(retainer.node)) edges.push(...this.retainers(retainer.node));
      else if (this.#isNote(retainer.node)) edges.push(...this.#noting(retainer));
      else edges.push(retainer);
    }
    return edges;
  }

  /** The first strong reference of that name, or null. */
  follow(node: HeapNode, name: string): HeapNode | null {
    return this.edges(node).find((edge) => edge.name === name && edge.type !== 'weak')?.node ?? null;
  }

  /** The functions that see a scope as their innermost one. */
  functionsOver(scope: HeapNode): HeapNode[] {
    return this.retainers(scope)
      .filter(({ name, node }) => name === 'context' && this.type(node) === 'closure')
      .map(({ node }) => node);
  }

  /** Where a function is written; null for what is no function of a script. */
  placeOf(node: HeapNode): ScriptPlace | null {
    this.#places ??= this.#readPlaces();
    return this.#places.get(node) ?? null;
  }

  /** True when an object has a class of such a name. */
  hasObjectNamed(pattern: RegExp): boolean {
    return this.objectsNamed(pattern).length > 0;
  }

  /** The objects whose class has such a name. Linear in the heap, but for the few names that match. */
  objectsNamed(pattern: RegExp): readonly HeapNode[] {
    const names = new Set(this.#snapshot.strings.flatMap((name, index) => (pattern.test(name) ? [index] : [])));
    const objects: HeapNode[] = [];
    if (names.size === 0) return objects;
    for (let node = 0; node < this.size; node++) {
      if (names.has(this.#nodeField(node, this.#field.name)) && this.type(node) === 'object') objects.push(node);
    }
    return objects;
  }

  /** A promise, also one of a subclass, as queries of data bases are; of these only what somebody waits for. */
  isPromise(node: HeapNode): boolean {
    const name = this.#nodeField(node, this.#field.name);
    if (name === this.#promiseName) return this.type(node) === 'object';
    this.#subclasses ??= this.#readSubclasses();
    return this.#subclasses.has(name) && this.follow(node, REACTIONS) !== null;
  }

  /** It has a part outside of the script: a class of the program may have the name of a handle, and what is over has lost its own. */
  isNative(node: HeapNode): boolean {
    return this.edges(node).some(({ name }) => name === NATIVE);
  }

  /** A record of the engine. Since V8 14 these are of the type `native`, as what Node has behind its objects is. */
  isOfEngine(node: HeapNode): boolean {
    return this.name(node).startsWith('system / ');
  }

  /** What is registered on a promise. */
  isReaction(node: HeapNode): boolean {
    return this.name(node).includes('PromiseReaction');
  }

  /** Since V8 14 a variable that is written to again stands in a cell of its own. */
  #isCell(node: HeapNode): boolean {
    return this.#cellName >= 0 && this.#nodeField(node, this.#field.name) === this.#cellName;
  }

  /** What dept notes on a promise is read as if it were private fields of that. */
  #isNote(node: HeapNode): boolean {
    return (
      this.#noteName >= 0 && this.#nodeField(node, this.#field.name) === this.#noteName && this.type(node) === 'object'
    );
  }

  #noted(note: HeapNode): HeapEdge[] {
    return this.edges(note).flatMap((edge) => {
      if (edge.name.startsWith('#')) return [edge];
      return NOTED.has(edge.name) ? [{ ...edge, name: `#${edge.name}` }] : [];
    });
  }

  #noting({ node, type, name }: HeapEdge): HeapEdge[] {
    const isBehind = isNoteBehind(name);
    // Whose note it is knows thousands of them.
    if (!isBehind && !NOTED.has(name)) return [];
    const known = this.retainers(node).filter((edge) => isKnown(edge.name));
    return isBehind ? known : known.map((edge) => ({ type, name: `#${name}`, node: edge.node }));
  }

  /** A number leaves no reference. */
  #valueOf(cell: HeapNode): HeapNode {
    const end = this.#firstEdge[cell + 1] ?? 0;
    for (let at = this.#firstEdge[cell] ?? 0; at < end; at++) {
      const { type, name, node } = this.#edge(at, null);
      if (type === 'hidden' && name === '0') return node;
    }
    return cell;
  }

  #nodeField(node: HeapNode, field: number): number {
    return this.#snapshot.nodes[node * this.#nodeWidth + field] ?? 0;
  }

  /** Fields of an edge are type, name or index, and the place of its target in the list of nodes. */
  #edge(edge: number, from: HeapNode | null): HeapEdge {
    const { edges, strings } = this.#snapshot;
    const at = edge * this.#edgeWidth;
    const type = this.#edgeTypes[edges[at] ?? 0] ?? '';
    const label = edges[at + 1] ?? 0;
    const name = type === 'element' || type === 'hidden' ? String(label) : (strings[label] ?? '');
    return { type, name, node: from ?? (edges[at + 2] ?? 0) / this.#nodeWidth };
  }

  #indexRetainers(): { readonly first: Uint32Array; readonly from: Uint32Array; readonly edge: Uint32Array } {
    const { edges } = this.#snapshot;
    const count = this.#firstEdge[this.size] ?? 0;
    const target = (edge: number): HeapNode => (edges[edge * this.#edgeWidth + 2] ?? 0) / this.#nodeWidth;
    const first = new Uint32Array(this.size + 2);
    for (let edge = 0; edge < count; edge++) first[target(edge) + 1] = (first[target(edge) + 1] ?? 0) + 1;
    for (let node = 0; node < this.size; node++) first[node + 1] = (first[node + 1] ?? 0) + (first[node] ?? 0);
    const next = first.slice();
    const [from, byTarget] = [new Uint32Array(count), new Uint32Array(count)];
    for (let node = 0; node < this.size; node++) {
      for (let edge = this.#firstEdge[node] ?? 0; edge < (this.#firstEdge[node + 1] ?? 0); edge++) {
        const at = next[target(edge)] ?? 0;
        next[target(edge)] = at + 1;
        from[at] = node;
        byTarget[at] = edge;
      }
    }
    return { first, from, edge: byTarget };
  }

  #readSubclasses(): ReadonlySet<number> {
    const { edges, strings } = this.#snapshot;
    const reactions = strings.indexOf(REACTIONS);
    const names = new Set<number>();
    for (let node = 0; node < this.size; node++) {
      const end = this.#firstEdge[node + 1] ?? 0;
      for (let edge = this.#firstEdge[node] ?? 0; edge < end; edge++) {
        if (edges[edge * this.#edgeWidth + 1] !== reactions || this.#edge(edge, null).type !== 'internal') continue;
        names.add(this.#nodeField(node, this.#field.name));
      }
    }
    return names;
  }

  #readPlaces(): ReadonlyMap<HeapNode, ScriptPlace> {
    const { locations, snapshot } = this.#snapshot;
    const width = snapshot.meta.location_fields.length;
    const places = new Map<HeapNode, ScriptPlace>();
    for (let at = 0; at < locations.length; at += width) {
      const [object = 0, scriptId = 0, line = 0, column = 0] = locations.slice(at, at + 4);
      places.set(object / this.#nodeWidth, { scriptId: String(scriptId), line, column });
    }
    return places;
  }
}

/**
 * Takes a snapshot of this thread's heap. Stops everything for about 7 µs an object: half a second for a small program.
 * Synchronous, so that it works while the process exits.
 */
export function takeHeapGraph(): HeapGraph {
  letNewestGo();
  // Read at once: V8 writes all of it when the first piece is asked for.
  const stream = getHeapSnapshot({ exposeInternals: true } as never);
  const pieces: Buffer[] = [];
  for (let piece = stream.read() as Buffer | null; piece !== null; piece = stream.read() as Buffer | null) {
    pieces.push(piece);
  }
  return new HeapGraph(JSON.parse(Buffer.concat(pieces).toString()) as Snapshot);
}
