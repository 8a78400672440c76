import { createRequire } from 'node:module';
import type { ReadableStream, WritableStream, WritableStreamDefaultWriter } from 'node:stream/web';
import { replaced, replacedGetter } from '../patches/replaced.ts';
import { type NodeHost, observed } from './node-host.ts';
import { watchClones } from './web-clones.ts';
import { watchEnds } from './web-stream-ends.ts';
import { streamOf, type Transform, WebStreamLinks } from './web-stream-links.ts';
import { TRANSFORMS, whenUsed } from './web-stream-use.ts';
import { WebStreamWaits } from './web-stream-waits.ts';

type WebStreams = typeof import('node:stream/web');

interface Cancelling {
  cancel(...args: unknown[]): unknown;
}

const require = createRequire(import.meta.url);

/**
 * Watches web streams, ahead of a program from the moment this Node has loaded them: one without any pays nothing.
 * @returns what ends that
 */
export function watchWebStreams(host: NodeHost, precedesProgram: boolean): () => void {
  let restore: (() => void) | null = null;
  const stopWaiting = whenUsed(precedesProgram, () => {
    restore = observed(host, () => patch(host, require('node:stream/web') as WebStreams));
  });
  return () => {
    stopWaiting();
    restore?.();
  };
}

function patch(host: NodeHost, streams: WebStreams): () => void {
  const links = new WebStreamLinks();
  const waits = new WebStreamWaits(host, links);
  const undo = [
    ...watchSides(host, streams, links),
    ...watchPipes(host, streams, links, waits),
    ...watchBranches(host, streams, links, waits),
    ...watchWriting(streams, waits),
    ...watchEnds(host, streams),
  ];
  return () => {
    for (const restore of undo.reverse()) restore();
  };
}

/** Whoever writes into a transform has asked for its writable side before. */
function watchSides(host: NodeHost, streams: WebStreams, links: WebStreamLinks): (() => void)[] {
  return TRANSFORMS.map((name) =>
    replacedGetter(streams[name].prototype as Transform, 'writable', (original) => {
      return {
        writable(this: Transform): unknown {
          const side = original.call(this) as WritableStream;
          observed(host, () => links.joined(this, side));
          return side;
        },
      }.writable;
    }),
  );
}

function watchPipes(host: NodeHost, streams: WebStreams, links: WebStreamLinks, waits: WebStreamWaits): (() => void)[] {
  const prototype = streams.ReadableStream.prototype as ReadableStream;
  return [
    replaced(prototype, 'pipeTo', (original) => {
      return {
        pipeTo(this: ReadableStream, ...args: unknown[]): unknown {
          const ended = Reflect.apply(original, this, args) as unknown;
          const sink = args[0] as WritableStream;
          // What is refused locks nothing.
          if (this.locked) observed(host, () => links.piped(this, sink));
          waits.writing(ended, sink, 'pipeTo');
          return ended;
        },
      }.pipeTo;
    }),
    replaced(prototype, 'pipeThrough', (original) => {
      return {
        pipeThrough(this: ReadableStream, ...args: unknown[]): unknown {
          const readable = Reflect.apply(original, this, args) as unknown;
          // Another object may answer each reading of its sides differently.
          const [transform] = args;
          if (isTransform(transform, streams)) observed(host, () => links.piped(this, transform.writable));
          return readable;
        },
      }.pipeThrough;
    }),
  ];
}

function isTransform(value: unknown, streams: WebStreams): value is Transform {
  return TRANSFORMS.some((name) => value instanceof streams[name]);
}

function watchBranches(
  host: NodeHost,
  { ReadableStream, ReadableStreamDefaultReader, ReadableStreamBYOBReader }: WebStreams,
  links: WebStreamLinks,
  waits: WebStreamWaits,
): (() => void)[] {
  const prototype = ReadableStream.prototype as ReadableStream;
  const readers = [ReadableStreamDefaultReader, ReadableStreamBYOBReader];
  return [
    replaced(prototype, 'tee', (original) => {
      return {
        tee(this: ReadableStream): unknown {
          const branches = Reflect.apply(original, this, []) as [ReadableStream, ReadableStream];
          observed(host, () => links.teed(this, branches));
          return branches;
        },
      }.tee;
    }),
    ...watchClones(host, links),
    watchCancel(prototype, waits, (stream) => stream),
    ...readers.map(({ prototype: reader }) =>
      watchCancel(reader, waits, (each) => observed(host, () => streamOf(each))),
    ),
  ];
}

function watchCancel<T extends object>(
  prototype: T,
  waits: WebStreamWaits,
  branchOf: (self: T) => ReadableStream | null,
): () => void {
  return replaced(prototype as T & Cancelling, 'cancel', (original) => {
    return {
      cancel(this: T, ...args: unknown[]): unknown {
        // A reader that has released its stream has none any more.
        const branch = branchOf(this);
        const cancelled = Reflect.apply(original, this, args) as unknown;
        if (branch !== null) waits.cancelling(cancelled, branch);
        return cancelled;
      },
    }.cancel;
  });
}

function watchWriting({ WritableStream, WritableStreamDefaultWriter }: WebStreams, waits: WebStreamWaits) {
  const writables = new WeakMap<WritableStreamDefaultWriter, WritableStream>();
  const prototype = WritableStreamDefaultWriter.prototype as WritableStreamDefaultWriter;
  const writing = (writer: WritableStreamDefaultWriter, promise: unknown, label: string): void => {
    const writable = writables.get(writer);
    if (writable !== undefined) waits.writing(promise, writable, label);
  };
  return [
    replaced(WritableStream.prototype as WritableStream, 'getWriter', (original) => {
      return {
        getWriter(this: WritableStream): WritableStreamDefaultWriter {
          const writer = Reflect.apply(original, this, []) as WritableStreamDefaultWriter;
          writables.set(writer, this);
          return writer;
        },
      }.getWriter;
    }),
    ...(['write', 'close'] as const).map((name) =>
      replaced(prototype, name, (original) => {
        return {
          write(this: WritableStreamDefaultWriter, ...args: unknown[]): unknown {
            const promise = Reflect.apply(original, this, args) as unknown;
            writing(this, promise, name);
            return promise;
          },
        }.write;
      }),
    ),
    replacedGetter(prototype, 'ready', (original) => {
      return {
        ready(this: WritableStreamDefaultWriter): unknown {
          const promise = original.call(this);
          writing(this, promise, 'ready');
          return promise;
        },
      }.ready;
    }),
  ];
}
