import type { Session } from '../../src/core/session.ts';
import type { Stack } from '../../src/core/stack.ts';
import { failed } from '../../src/sync/hooks.ts';
import { OwnWeakRef } from '../own-weak-ref.ts';
import { replaced } from '../patches/replaced.ts';
import { hasNoReader, isFull, type StreamLike } from './stream-state.ts';

/** Classes of streams: Node's own, or a package's copy of them. */
export interface StreamClasses {
  readonly Readable: { readonly prototype: object };
  readonly Writable: { readonly prototype: object };
  readonly Duplex: { readonly prototype: object };
}

interface ReadablePrototype {
  push: (this: StreamLike, ...args: unknown[]) => unknown;
  pipe: (this: StreamLike, sink: StreamLike, ...rest: unknown[]) => unknown;
}

interface WritablePrototype {
  write: (this: StreamLike, ...args: unknown[]) => unknown;
  end: (this: StreamLike, ...args: unknown[]) => unknown;
}

/** Sources remembered of one stream, the newest: each worker pipes two streams into those of the process. */
const MAX_PIPES = 16;

/** A source that is piped into a stream, and where that was done. */
export interface Pipe {
  readonly source: WeakRef<StreamLike>;
  readonly stack: Stack | null;
}

/**
 * Remembers what feeds what: which streams are piped into which, and into which readable a writable put its data while it
 * processed a chunk. Keeps no stream alive. Tells of each stream that is full while nobody reads it.
 */
export class StreamLinks {
  readonly #session: Session;
  readonly #onUnread: (stream: StreamLike) => void;
  readonly #pipes = new WeakMap<object, Pipe[]>();
  readonly #feeders = new WeakMap<object, WeakRef<StreamLike>>();
  /** The streams that process a chunk now, each called by the one before it: a parser may be made of several. */
  readonly #writing: StreamLike[] = [];

  constructor(session: Session, onUnread: (stream: StreamLike) => void) {
    this.#session = session;
    this.#onUnread = onUnread;
  }

  /** Patches these classes. @returns what restores them */
  watch({ Readable, Writable, Duplex }: StreamClasses): () => void {
    const readable = Readable.prototype as ReadablePrototype;
    const undo = [this.#watchPush(readable), this.#watchPipe(readable)];
    // A duplex stream has copies of the methods of a writable one.
    for (const { prototype } of [Writable, Duplex]) {
      for (const name of ['write', 'end'] as const) {
        if (Object.hasOwn(prototype, name)) undo.push(this.#watchWriting(prototype as WritablePrototype, name));
      }
    }
    return () => {
      for (const restore of undo.reverse()) restore();
    };
  }

  /** The streams that are piped into this one, or were, as far as they are remembered. */
  pipesInto(stream: StreamLike): readonly Pipe[] {
    return this.#pipes.get(stream) ?? [];
  }

  /** The writable that put its data into this stream while it processed a chunk, or null. */
  feederOf(stream: StreamLike): StreamLike | null {
    return this.#feeders.get(stream)?.deref() ?? null;
  }

  #watchPush(prototype: ReadablePrototype): () => void {
    const full = (stream: StreamLike): void => this.#full(stream);
    return replaced(prototype, 'push', (original) => {
      const push = original as ReadablePrototype['push'];
      return function pushed(this: StreamLike, ...args: unknown[]): unknown {
        const takesMore = push.call(this, ...args);
        if (takesMore === false && this._readableState?.flowing === null) full(this);
        return takesMore;
      };
    });
  }

  #watchPipe(prototype: ReadablePrototype): () => void {
    const connect = (source: StreamLike, sink: StreamLike): void => this.#piped(source, sink);
    return replaced(prototype, 'pipe', (original) => {
      const pipe = original as ReadablePrototype['pipe'];
      return function piped(this: StreamLike, sink: StreamLike, ...rest: unknown[]): unknown {
        // What is no object is refused by the stream itself.
        if (typeof sink === 'object' && sink !== null) connect(this, sink);
        return pipe.call(this, sink, ...rest);
      };
    });
  }

  #watchWriting(prototype: WritablePrototype, name: 'write' | 'end'): () => void {
    const writing = this.#writing;
    return replaced(prototype, name, (original) => {
      const write = original as WritablePrototype['write'];
      return function written(this: StreamLike, ...args: unknown[]): unknown {
        writing.push(this);
        try {
          return write.call(this, ...args);
        } finally {
          writing.pop();
        }
      };
    });
  }

  #full(stream: StreamLike): void {
    try {
      // The end of a stream takes no more either: it is full only of what nobody has read.
      if (!isFull(stream) || !hasNoReader(stream)) return;
      let fed = stream;
      for (const feeder of this.#writing.toReversed()) {
        if (feeder !== fed && !this.#feeders.has(fed)) this.#feeders.set(fed, new OwnWeakRef(feeder));
        fed = feeder;
      }
      this.#onUnread(stream);
    } catch (fault) {
      failed(fault, this.#session);
    }
  }

  #piped(source: StreamLike, sink: StreamLike): void {
    try {
      const pipe: Pipe = { source: new OwnWeakRef(source), stack: this.#session.capture() };
      const known = this.#pipes.get(sink);
      if (known === undefined) this.#pipes.set(sink, [pipe]);
      else if (known.push(pipe) > MAX_PIPES) known.shift();
    } catch (fault) {
      failed(fault, this.#session);
    }
  }
}
