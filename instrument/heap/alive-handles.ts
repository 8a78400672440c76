import { Connections } from '../node/connections.ts';
import type { HeapGraph, HeapNode } from './heap-graph.ts';

/** Handles and requests of Node, which call back by themselves. A signal may never come. */
const ALIVE = /^(?:Process|UDP|Zlib|FSEvent|StatWatcher|(?:FSReq|GetAddrInfoReq|GetNameInfoReq|QueryReq)\w*|\w+Job)$/;
/** What has another end, which may be in this process: each is known. */
const CONNECTED = /^(?:TCP|TLSWrap)$/;
/** The same, where it is not known which. */
const CONNECTING = /^(?:Pipe|Http2(?:Session|Stream)|(?:TCPConnect|PipeConnect)\w*)$/;
const THREAD = /^(?:Worker|MessagePort)$/;

export interface AliveOptions {
  /** Handles of connections of this process to itself. */
  readonly own: ReadonlySet<HeapNode>;
  /** Somebody is stuck in a pool of threads: a thread may be who waits for him. */
  readonly areThreadsStuck: boolean;
}

/** What calls back by itself in a heap: handles and requests of Node that somebody outside, or another thread, stirs. */
export class AliveHandles {
  readonly #heap: HeapGraph;
  readonly #options: AliveOptions;
  /** Asked when it matters. */
  #hasOwnConnections: boolean | null = null;

  constructor(heap: HeapGraph, options: AliveOptions) {
    this.#heap = heap;
    this.#options = options;
  }

  has(node: HeapNode): boolean {
    if (this.#heap.type(node) !== 'object') return false;
    const name = this.#heap.name(node);
    if (name === 'Worker') return !this.isStuck(node) && this.#isRunning(node);
    const isKnown = CONNECTED.test(name) || CONNECTING.test(name) || THREAD.test(name) || ALIVE.test(name);
    if (!isKnown || !this.#heap.isNative(node)) return false;
    if (CONNECTED.test(name)) return !this.#options.own.has(node);
    if (THREAD.test(name)) return !this.isStuck(node);
    return !CONNECTING.test(name) || !this.#isOwn();
  }

  /** A thread that may be who is waited for. */
  isStuck(node: HeapNode): boolean {
    return this.#options.areThreadsStuck && THREAD.test(this.#heap.name(node));
  }

  #isOwn(): boolean {
    this.#hasOwnConnections ??= Connections.now()?.mayBeOwn ?? true;
    return this.#hasOwnConnections;
  }

  /** A worker that has ended has no handle any more. */
  #isRunning(worker: HeapNode): boolean {
    const edges = this.#heap.edges(worker);
    return edges.some(({ name, node }) => name.includes('kHandle') && this.#heap.type(node) === 'object');
  }
}
