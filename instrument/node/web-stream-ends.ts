import { isEndOfStream } from '../attribution/kept-reactions.ts';
import { replacedGetter } from '../patches/replaced.ts';
import { type NodeHost, observed } from './node-host.ts';

type WebStreams = typeof import('node:stream/web');

/** Where `stream.finished` finds the promise of a stream's end. */
const IS_CLOSED = Symbol.for('nodejs.webstream.isClosedPromise');

interface Closed {
  readonly promise: object;
}

type Closable = Record<typeof IS_CLOSED, Closed>;

/**
 * `stream.finished` tells a callback of the end, as `fetch` asks it to: of a body that nobody reads it never comes, and nobody
 * awaits it. Node makes the promise when somebody asks for it; Node 22 and older make it with the stream.
 */
export function watchEnds(host: NodeHost, { ReadableStream, WritableStream }: WebStreams): (() => void)[] {
  return [ReadableStream, WritableStream].map((type) => {
    const prototype = type.prototype as unknown as Closable;
    const made = (closed: Closed): Closed => {
      observed(host, () => isEndOfStream(closed.promise));
      return closed;
    };
    if (!Object.hasOwn(prototype, IS_CLOSED)) return watchAssigned(prototype, made);
    return replacedGetter(prototype, IS_CLOSED, (original) => {
      return function isClosedPromise(this: Closable): Closed {
        return made(original.call(this) as Closed);
      };
    });
  });
}

/** Each stream gets it by an assignment in its constructor. */
function watchAssigned(prototype: Closable, made: (closed: Closed) => Closed): () => void {
  if (!Object.isExtensible(prototype)) return () => undefined;
  Object.defineProperty(prototype, IS_CLOSED, {
    set(this: Closable, closed: Closed): void {
      Object.defineProperty(this, IS_CLOSED, {
        value: made(closed),
        writable: true,
        enumerable: true,
        configurable: true,
      });
    },
    configurable: true,
  });
  return () => void Reflect.deleteProperty(prototype, IS_CLOSED);
}
