import type { EventEmitter } from 'node:events';

/** The state of a stream, of Node's own and of the copies in packages alike. */
interface ReadableState {
  readonly flowing: boolean | null;
  readonly length: number;
  readonly highWaterMark: number;
  readonly endEmitted: boolean;
  /** An array; a single stream or null in older copies. */
  readonly pipes: readonly object[] | object | null;
}

interface WritableState {
  readonly length: number;
  readonly finished: boolean;
  /** What the chunk that is processed now was written with; a function that does nothing where the caller gave none. */
  readonly writecb?: unknown;
  getBuffer?(): readonly { readonly callback?: unknown }[] | null;
}

export interface StreamLike extends EventEmitter {
  readonly _transform?: unknown;
  readonly destroyed?: boolean;
  readonly _readableState?: ReadableState;
  readonly _writableState?: WritableState;
}

/** Nobody has begun to read the stream: no `data`, no `readable`, no pipe, no iterator. */
export function hasNoReader(stream: StreamLike): boolean {
  const state = stream._readableState;
  return state?.flowing === null && stream.listenerCount('readable') === 0 && sinksOf(stream).length === 0;
}

/** As much is buffered as the stream takes before it stops its source. */
export function isFull(stream: StreamLike): boolean {
  const state = stream._readableState;
  return state !== undefined && stream.destroyed !== true && state.length >= state.highWaterMark;
}

/** Somebody reads, and nothing comes. */
export function isStarved(stream: StreamLike): boolean {
  const state = stream._readableState;
  if (state === undefined || stream.destroyed === true || state.endEmitted || state.length > 0) return false;
  return state.flowing === true || stream.listenerCount('readable') > 0;
}

/** What was written is not processed yet. */
export function isStuckWriting(stream: StreamLike): boolean {
  const state = stream._writableState;
  return state !== undefined && stream.destroyed !== true && !state.finished && state.length > 0;
}

/** The streams that this one is piped to now. */
export function sinksOf(stream: StreamLike): readonly StreamLike[] {
  const pipes = stream._readableState?.pipes ?? null;
  if (pipes === null) return [];
  return (Array.isArray(pipes) ? pipes : [pipes]) as readonly StreamLike[];
}

/**
 * The event that somebody outside of the pipes waits for: `end` of the readable side, `finish` or `close`. Null where nobody does.
 * @param pipesInto how many streams are piped into this one: each has its own listeners
 */
export function awaitedEvent(stream: StreamLike, pipesInto: number): string | null {
  if (stream.listenerCount('finish') > pipesInto) return 'finish';
  const own = { close: pipesInto, end: sinksOf(stream).length };
  if (stream.listenerCount('close') > own.close) return 'close';
  return stream._readableState !== undefined && stream.listenerCount('end') > own.end ? 'end' : null;
}

/** How every copy of the streams calls what stands for a callback that was not given. */
const NO_CALLBACK = /^no?op$/;

/**
 * What somebody outside of the pipes waits for until more of what was written is processed: the end of a `write`, by its callback,
 * or `drain`. Null where nobody does.
 * @param pipesInto how many streams are piped into this one: each listens to `drain` itself
 */
export function awaitedWrite(stream: StreamLike, pipesInto: number): string | null {
  const state = stream._writableState;
  if (state === undefined || !isStuckWriting(stream)) return null;
  const buffered = state.getBuffer?.() ?? [];
  if ([state.writecb, ...buffered.map(({ callback }) => callback)].some(isGiven)) return 'write';
  return stream.listenerCount('drain') > pipesInto ? 'drain' : null;
}

function isGiven(callback: unknown): boolean {
  return typeof callback === 'function' && !NO_CALLBACK.test(callback.name);
}

/** What is written to it comes out of it: of other streams with two sides, as sockets are, one goes on without the other. */
export function isTransform(stream: StreamLike): boolean {
  return typeof stream._transform === 'function';
}

/** What a stream is called in a report: the name of its class. */
export function streamName(stream: object): string {
  return stream.constructor?.name ?? 'stream';
}
