import type { ReadableStream, WritableStream } from 'node:stream/web';

/** A stream whose readable side gets what is written into its writable side. */
export interface Transform {
  readonly readable: ReadableStream;
  readonly writable: WritableStream;
}

/** A branch of `tee()`: it shares its source with another one. */
interface Branch {
  readonly source: ReadableStream;
  readonly other: ReadableStream;
}

/** Remembers what leads where: sides of one stream, pipes and branches. Keeps no stream alive that its other end does not. */
export class WebStreamLinks {
  readonly #transforms = new WeakMap<WritableStream, Transform>();
  readonly #pipes = new WeakMap<ReadableStream, WritableStream>();
  readonly #branches = new WeakMap<ReadableStream, readonly ReadableStream[]>();
  readonly #branchOf = new WeakMap<ReadableStream, Branch>();

  /** A stream that is made of another one asks that for its side, and tells last. */
  joined(transform: Transform, writable: WritableStream): void {
    this.#transforms.set(writable, transform);
  }

  piped(source: ReadableStream, sink: WritableStream): void {
    this.#pipes.set(source, sink);
  }

  teed(source: ReadableStream, branches: readonly [ReadableStream, ReadableStream]): void {
    const [first, second] = branches;
    this.#branches.set(source, branches);
    this.#branchOf.set(first, { source, other: second });
    this.#branchOf.set(second, { source, other: first });
  }

  /** The stream this is the writable side of, or null. */
  transformOf(writable: WritableStream): Transform | null {
    return this.#transforms.get(writable) ?? null;
  }

  /** True while nobody reads what comes out behind this writable. Two look-ups where somebody does. */
  isUnread(writable: WritableStream): boolean {
    const transform = this.#transforms.get(writable);
    if (transform === undefined) return false;
    const { readable } = transform;
    if (readable.locked && !this.#pipes.has(readable) && !this.#branches.has(readable)) return false;
    return this.#unread(transform, new Set(), () => true) !== null;
  }

  /**
   * The stream that nobody reads and that keeps what was written here from going on, as far as is known; null when
   * somebody reads, when nothing was written, or when the stream has room.
   */
  stoppedBy(writable: WritableStream): Transform | null {
    const transform = this.#transforms.get(writable);
    return transform === undefined || !isStopped(transform) ? null : this.#unread(transform, new Set(), isStopped);
  }

  /** The branch that nobody reads, while this one waits for it to be cancelled too; null when there is none. */
  uncancelled(branch: ReadableStream): ReadableStream | null {
    const { source, other } = this.#branchOf.get(branch) ?? {};
    return source === undefined || other === undefined || other.locked || isReading(source) ? null : other;
  }

  isBranch(stream: ReadableStream): boolean {
    return this.#branchOf.has(stream);
  }

  /** @param counts a stream in between for which this is false goes on by itself */
  #unread(transform: Transform, seen: Set<Transform>, counts: (transform: Transform) => boolean): Transform | null {
    const { readable } = transform;
    if (seen.has(transform) || !counts(transform)) return null;
    seen.add(transform);
    if (!readable.locked) return transform;
    const below = (stream: ReadableStream): Transform | null => {
      if (!stream.locked) return transform;
      const sink = this.#pipes.get(stream);
      const next = sink === undefined ? undefined : this.#transforms.get(sink);
      return next === undefined ? null : this.#unread(next, seen, counts);
    };
    const found = (this.#branches.get(readable) ?? [readable]).map(below);
    // A source goes on as long as one branch is read.
    return found.includes(null) ? null : (found[0] ?? null);
  }
}

/** The stream that a reader reads, or null: of one that has released it, or of a later Node. */
export function streamOf(reader: object): ReadableStream | null {
  return (stateOf(reader)['stream'] as ReadableStream | undefined) ?? null;
}

type State = Readonly<Record<string, unknown>>;

/** What a web stream of Node keeps of its state; empty where a later Node keeps it elsewhere, and then nothing is known. */
function stateOf(stream: unknown): State {
  if (typeof stream !== 'object' || stream === null) return {};
  const symbol = Object.getOwnPropertySymbols(stream).find(({ description }) => description === 'kState');
  return symbol === undefined ? {} : ((stream as Record<symbol, State>)[symbol] ?? {});
}

/** A chunk stands in the writable side because the readable side has no room. */
function isStopped(transform: Transform): boolean {
  const { writeRequests, inFlightWriteRequest } = stateOf(transform.writable) as {
    writeRequests?: readonly unknown[];
    inFlightWriteRequest?: { readonly promise?: unknown };
  };
  // Only a TransformStream says so itself: the transforming of the others takes no time of its own.
  const { backpressure = true } = stateOf(transform);
  return backpressure === true && ((writeRequests?.length ?? 0) > 0 || inFlightWriteRequest?.promise !== undefined);
}

/** Somebody has asked the source for a chunk that has not come yet: it may end instead. */
function isReading(source: ReadableStream): boolean {
  const { reader } = stateOf(source);
  const { readRequests, readIntoRequests } = stateOf(reader) as Record<string, readonly unknown[] | undefined>;
  const asked = readRequests ?? readIntoRequests;
  return asked === undefined || asked.length > 0;
}
