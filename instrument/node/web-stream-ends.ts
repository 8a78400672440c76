import { isEndOfStream } from '../attribution/kept-reactions.ts';
import { replacedGetter } from '../replaced.ts';
import { type NodeHost, observed } from './node-host.ts';

type WebStreams = typeof import('node:stream/web');

/** Where `stream.finished` finds the promise of a stream's end. */
const IS_CLOSED = Symbol.for('nodejs.webstream.isClosedPromise');

type Closable = Record<typeof IS_CLOSED, { readonly promise: object }>;

/**
 * `stream.finished` tells a callback of the end, as `fetch` asks it to: of a body that nobody reads it never comes, and nobody
 * awaits it. Node 22 and older make the promise with the stream, where nobody sees it.
 */
export function watchEnds(host: NodeHost, { ReadableStream, WritableStream }: WebStreams): (() => void)[] {
  return [ReadableStream, WritableStream].map(({ prototype }) =>
    replacedGetter(prototype as unknown as Closable, IS_CLOSED, (original) => {
      return function isClosedPromise(this: Closable): unknown {
        const closed = original.call(this) as Closable[typeof IS_CLOSED];
        observed(host, () => isEndOfStream(closed.promise));
        return closed;
      };
    }),
  );
}
