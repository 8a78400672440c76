import type { EventEmitter } from 'node:events';
import type { ClientHttp2Session, ClientHttp2Stream, Http2Session, ServerHttp2Stream } from 'node:http2';
import { syncBuiltinESMExports } from 'node:module';
import type { Server } from 'node:net';
import { isObject } from '../../src/core/thenable.ts';
import * as hooks from '../../src/sync/hooks.ts';
import type { Callable } from '../libraries/adapter.ts';
import { replaced } from '../patches/replaced.ts';
import { standIn } from '../patches/stand-in.ts';
import { instanceNotes } from '../shapes/instance-notes.ts';
import { canHookLoads, getBuiltinModule, isLoaded, whenLoaded } from './builtins.ts';
import type { Exchange } from './exchange.ts';
import { MetPrototypes } from './met-prototypes.ts';
import { loadNet } from './net.ts';
import { type NodeHost, observed } from './node-host.ts';
import { isOtherEnd, type OwnExchanges } from './own-exchanges.ts';
import { OwnHttp2Handlers } from './own-http2-handlers.ts';

type Http2 = typeof import('node:http2');
type Emit = (this: unknown, event: string | symbol, ...args: unknown[]) => boolean;

/** Where a session goes. What a socket of the program's own is really connected to shows when a request arrives. */
interface Destination {
  readonly hostname: string;
  readonly port: number;
}

/** A request under way. */
interface Sent {
  readonly stream: ClientHttp2Stream;
  readonly session: ClientHttp2Session;
  readonly exchange: Exchange;
  /** True for one that goes on by a promise of the package that has sent it, not by events. */
  readonly isOfPackage: boolean;
  /** How much of the answer has come, in events. */
  bytesRead: number;
}

/** A request of a package that sends for others: it knows by itself who waits for the answer. */
interface Handed {
  readonly path: string;
  readonly exchange: Exchange | null;
}

let handed: Handed | null = null;

/** The next request on a session, which a package makes now, is that of this exchange, or of none. */
export function sendsOverHttp2(path: string, exchange: Exchange | null): void {
  handed = { path, exchange };
}

/** Whoever listens for one of these waits for the answer, and goes on in the listener. */
const ANSWERING: readonly (string | symbol)[] = ['response', 'data', 'readable', 'end'];

/**
 * Requests over `node:http2` to a server of this process. Many go over one connection, so client and handler are matched by
 * the number of their stream, too.
 */
export class OwnHttp2 {
  readonly #host: NodeHost;
  readonly #exchanges: OwnExchanges;
  readonly #handlers: OwnHttp2Handlers;
  readonly #prototypes = new MetPrototypes();
  readonly #destinations = new WeakMap<object, Destination>();
  readonly #requests = instanceNotes<Sent>();
  /** Not arrived yet. */
  readonly #sent = new Set<Sent>();

  constructor(host: NodeHost, exchanges: OwnExchanges) {
    this.#host = host;
    this.#exchanges = exchanges;
    this.#handlers = new OwnHttp2Handlers(host, exchanges, this.#prototypes, (stream) => this.#arrived(stream));
  }

  /** From when the program loads it; where loads cannot be hooked, from when a server listens: to load it takes longer than all else. */
  watchWhenUsed(): () => void {
    if (canHookLoads()) return whenLoaded({ http2: (http2: Http2) => this.#watch(http2) });
    const host = this.#host;
    let unwatch: (() => void) | null = null;
    const met = (server: Server): void => {
      if (!isLoaded('http2')) return;
      if (unwatch === null) {
        unwatch = this.#watch(getBuiltinModule('node:http2'));
        syncBuiltinESMExports();
      }
      if (/^Http2(?:Secure)?Server$/.test(server.constructor.name)) this.#handlers.meet(server);
    };
    const restore = replaced(loadNet().Server.prototype as Server, 'listen', (original) => {
      return function listen(this: Server, ...args: unknown[]): unknown {
        observed(host, () => met(this));
        return Reflect.apply(original, this, args as never);
      };
    });
    return () => {
      restore();
      unwatch?.();
      if (unwatch !== null) syncBuiltinESMExports();
    };
  }

  #watch(http2: Http2): () => void {
    const host = this.#host;
    const meet = (server: Server): void => this.#handlers.meet(server);
    const connected = (session: ClientHttp2Session, args: readonly unknown[]): void => this.#connected(session, args);
    const telling = <M>(original: Callable, tell: (made: M, args: readonly unknown[]) => void): Callable =>
      standIn(original, (self, args) => {
        const made = Reflect.apply(original, self, args as never) as M;
        observed(host, () => tell(made, args));
        return made;
      });
    const undo = [
      replaced(http2, 'createServer', (original) => telling(original, meet)),
      replaced(http2, 'createSecureServer', (original) => telling(original, meet)),
      replaced(http2, 'connect', (original) => telling(original, connected)),
    ];
    return () => {
      this.#prototypes.restore();
      for (const restore of undo.reverse()) restore();
    };
  }

  #connected(session: ClientHttp2Session, [authority, options]: readonly unknown[]): void {
    const { hostname, port, protocol } =
      typeof authority === 'string' ? new URL(authority) : (authority as Partial<URL>);
    const { port: own } = (isObject(options) ? options : {}) as Partial<Destination>;
    this.#destinations.set(session, {
      hostname: hostname || 'localhost',
      port: Number(own ?? (port || (protocol === 'http:' ? 80 : 443))),
    });
    this.#prototypes.meet(session, (prototype) => this.#watchRequests(prototype));
  }

  #watchRequests(prototype: ClientHttp2Session): () => void {
    const host = this.#host;
    const ask = (session: ClientHttp2Session, stream: ClientHttp2Stream): void => this.#ask(session, stream);
    return replaced(prototype, 'request', (original) => {
      return function request(this: ClientHttp2Session, ...args: Parameters<ClientHttp2Session['request']>): unknown {
        const stream = Reflect.apply(original, this, args);
        observed(host, () => ask(this, stream));
        return stream;
      };
    });
  }

  #ask(session: ClientHttp2Session, stream: ClientHttp2Stream): void {
    const from = handed;
    handed = null;
    const { ':method': method = 'GET', ':path': path = '/' } = stream.sentHeaders ?? {};
    const destination = this.#destinations.get(session);
    const isOfPackage = from !== null && from.path === path;
    let exchange = isOfPackage ? from.exchange : null;
    if (!isOfPackage && destination !== undefined) {
      exchange = this.#exchanges.ask({
        server: 'http2.Server',
        method: String(method),
        path: String(path),
        ...destination,
        isAwaited: () => ANSWERING.some((event) => stream.listenerCount(event) > 0),
      });
      if (exchange !== null) exchange.wait.stack ??= this.#host.session.capture();
    }
    if (exchange === null) return;
    const sent: Sent = { stream, session, exchange, isOfPackage, bytesRead: 0 };
    this.#sent.add(sent);
    this.#requests.set(stream, sent);
    this.#prototypes.meet(stream, (prototype) => this.#watchAnswers(prototype));
  }

  /** What an answer brings goes on as the code that asked for it. */
  #watchAnswers(prototype: EventEmitter): () => void {
    const host = this.#host;
    const requests = this.#requests;
    const over = (sent: Sent): void => {
      this.#sent.delete(sent);
      this.#exchanges.over(sent.exchange);
    };
    return replaced(prototype, 'emit', (original) => {
      const emit = original as Emit;
      return function emitted(this: object, event: string | symbol, ...args: unknown[]): boolean {
        const sent = requests.of(this);
        const isAnswer = ANSWERING.includes(event);
        if (sent === null || (!isAnswer && event !== 'close')) return emit.call(this, event, ...args);
        sent.bytesRead++;
        const { wait } = sent.exchange;
        if (wait.pending || event === 'close') observed(host, () => over(sent));
        else if (!sent.isOfPackage) return hooks.resume(wait, () => emit.call(this, event, ...args));
        return emit.call(this, event, ...args);
      };
    });
  }

  /** The exchange whose request has opened this stream of a server, or null. Linear in those that are on their way. */
  #arrived(stream: ServerHttp2Stream): Exchange | null {
    const accepted = this.#sent.size === 0 ? null : socketOf(stream.session);
    if (accepted === null) return null;
    for (const sent of this.#sent) {
      const socket = sent.stream.id === stream.id ? socketOf(sent.session) : null;
      if (socket === null || !isOtherEnd(socket, accepted)) continue;
      this.#sent.delete(sent);
      sent.exchange.arrives(sent);
      return sent.exchange;
    }
    return null;
  }
}

/** The one of a session that is gone throws whatever it is asked. */
function socketOf(session: Http2Session | undefined): Http2Session['socket'] | null {
  return session === undefined || session.destroyed ? null : session.socket;
}
