import { createRequire } from 'node:module';
import type { ReadableStream } from 'node:stream/web';
import { replaced } from '../patches/replaced.ts';
import { isLoaded } from './builtins.ts';
import { type NodeHost, observed } from './node-host.ts';
import type { WebStreamLinks } from './web-stream-links.ts';

type Branches = [ReadableStream, ReadableStream];

/** What Node 26 makes the branches of a cloned body with; `tee` did before. */
interface WithTee {
  ReadableStreamTee(source: ReadableStream, ...args: unknown[]): Branches;
}

/** A request or response of `fetch`. */
interface Message {
  readonly body: ReadableStream | null;
  clone(): Message;
}

const require = createRequire(import.meta.url);

/** Tells of the branches that `clone()` of a request or response makes of its body. @returns what restores what was patched */
export function watchClones(host: NodeHost, links: WebStreamLinks): (() => void)[] {
  const streams = require('node:stream/web') as object;
  if (!('ReadableStreamTee' in streams)) return [];
  // Whoever has loaded it keeps the function. A window, as jsdom makes one, has no such messages.
  if (isLoaded('internal/deps/undici/undici')) {
    const { Request, Response } = globalThis as Partial<typeof globalThis>;
    return [Request, Response].flatMap((made) => (made === undefined ? [] : [watchClone(made.prototype)]));
  }
  return [
    replaced(streams as WithTee, 'ReadableStreamTee', (original) => {
      return function ReadableStreamTee(this: unknown, ...args: unknown[]): unknown {
        const branches = Reflect.apply(original, this, args) as Branches;
        observed(host, () => links.teed(args[0] as ReadableStream, branches));
        return branches;
      };
    }),
  ];

  function watchClone(prototype: object): () => void {
    return replaced(prototype as Message, 'clone', (original) => {
      return {
        clone(this: Message): unknown {
          const source = this.body;
          const copy = Reflect.apply(original, this, []) as Message;
          observed(host, () => {
            if (source !== null && this.body !== null && copy.body !== null) links.teed(source, [this.body, copy.body]);
          });
          return copy;
        },
      }.clone;
    });
  }
}
