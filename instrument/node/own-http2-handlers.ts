import type { EventEmitter } from 'node:events';
import type { ServerHttp2Stream } from 'node:http2';
import type { Server } from 'node:net';
import * as hooks from '../../src/sync/hooks.ts';
import { replaced } from '../patches/replaced.ts';
import { instanceNotes } from '../shapes/instance-notes.ts';
import type { Exchange } from './exchange.ts';
import type { MetPrototypes } from './met-prototypes.ts';
import { type NodeHost, observed } from './node-host.ts';
import type { OwnExchanges } from './own-exchanges.ts';

type Emit = (this: unknown, event: string | symbol, ...args: unknown[]) => boolean;

/** Takes the exchange of the request that has opened this stream, when its handler begins. */
type Arrival = (stream: ServerHttp2Stream) => Exchange | null;

/** Each sends the headers of the answer; the other ways lead to one of these. */
const BEGINNING = ['respond', 'respondWithFD', 'respondWithFile'] as const;

/** Handlers of `node:http2`, with streams or with the compatibility API, which is made of them: each owes the answer to a request. */
export class OwnHttp2Handlers {
  readonly #host: NodeHost;
  readonly #exchanges: OwnExchanges;
  readonly #prototypes: MetPrototypes;
  readonly #arrival: Arrival;
  readonly #answers = instanceNotes<Exchange>();

  constructor(host: NodeHost, exchanges: OwnExchanges, prototypes: MetPrototypes, arrival: Arrival) {
    this.#host = host;
    this.#exchanges = exchanges;
    this.#prototypes = prototypes;
    this.#arrival = arrival;
  }

  meet(server: Server): void {
    this.#prototypes.meet(server, (prototype) => this.#watchServer(prototype));
  }

  #watchServer(prototype: EventEmitter): () => void {
    const host = this.#host;
    const exchanges = this.#exchanges;
    const { session } = host;
    const begin = (stream: ServerHttp2Stream): void => this.#begin(stream);
    return replaced(prototype, 'emit', (original) => {
      const emit = original as Emit;
      return function emitted(this: Server, event: string | symbol, ...args: unknown[]): boolean {
        if (event === 'listening') observed(host, () => exchanges.listens(this));
        else if (event === 'close') exchanges.closed(this);
        if (event !== 'stream' || hooks.activeSession() !== session) return emit.call(this, event, ...args);
        // What the handler owes is its own.
        const { history } = session.slice;
        observed(host, () => begin(args[0] as ServerHttp2Stream));
        try {
          return emit.call(this, event, ...args);
        } finally {
          session.slice.history = history;
        }
      };
    });
  }

  #begin(stream: ServerHttp2Stream): void {
    const exchange = this.#arrival(stream);
    if (exchange === null) return;
    this.#answers.set(stream, exchange);
    this.#prototypes.meet(stream, (prototype) => this.#watchStreams(prototype));
  }

  #watchStreams(prototype: ServerHttp2Stream): () => void {
    const host = this.#host;
    const answers = this.#answers;
    const telling = (name: keyof ServerHttp2Stream & string, tell: (exchange: Exchange) => void): (() => void) =>
      replaced(prototype, name, (original) => {
        return function answering(this: ServerHttp2Stream, ...args: unknown[]): unknown {
          const exchange = answers.of(this);
          if (exchange !== null) observed(host, () => tell(exchange));
          return Reflect.apply(original, this, args as never);
        };
      });
    const undo = [
      ...BEGINNING.map((name) => telling(name, (exchange) => exchange.begins())),
      telling('end', (exchange) => exchange.ends()),
    ];
    return () => {
      for (const restore of undo.toReversed()) restore();
    };
  }
}
