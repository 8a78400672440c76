import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { EventContext } from '../../src/core/event-context.ts';
import { defineHow } from '../../src/core/how.ts';
import type { Session } from '../../src/core/session.ts';
import { isObject } from '../../src/core/thenable.ts';
import type { TrackedObject } from '../../src/core/tracked-object.ts';
import type { Wait } from '../../src/core/wait.ts';
import * as hooks from '../../src/sync/hooks.ts';
import { calledBack } from '../patches/called-back.ts';
import { replaced } from '../patches/replaced.ts';
import { Stamp } from '../patches/stamp.ts';
import type { Exchange } from './exchange.ts';
import type { Lent, LentSockets } from './lent-sockets.ts';
import { type NodeHost, observed } from './node-host.ts';
import type { OwnExchanges } from './own-exchanges.ts';
import { isAnswered, isAsked } from './unanswered-requests.ts';

// Taken before anything is patched.
const { nextTick } = process;

const HANDLE = defineHow({ mode: 'read', startLabel: 'request', waitLabel: 'request', eventLabel: 'response' });
const CLOSE = defineHow({ startLabel: 'close', waitLabel: 'close', eventLabel: 'closed' });

interface Handled {
  held: EventContext | null;
  /** The response; only a look at the heap asks for it. */
  readonly lent: ServerResponse;
  /** The socket of this process that the request came from, or null. */
  client: Lent | null;
  /** The request of this process that it answers, or null. */
  exchange: Exchange | null;
  /** Where it stands among those that are not answered. */
  slot: number;
}

/** What is kept of a request on its response, until that is over. */
class Handling extends Stamp {
  #handled: Handled | null;

  constructor(response: object, handled: Handled) {
    super(response);
    this.#handled = handled;
  }

  /**
   * @returns false for one that some server has handled, or does: one server may pass a request on to another. To ask first
   * would cost each request more than it costs that one to be refused.
   */
  static isFirst(response: object, handled: Handled): boolean {
    try {
      new Handling(response, handled);
      return true;
    } catch {
      return false;
    }
  }

  static exchangeOf(response: object): Exchange | null {
    return #handled in response ? (response.#handled?.exchange ?? null) : null;
  }

  static take(response: object): Handled | null {
    if (!(#handled in response)) return null;
    const handled = response.#handled;
    if (handled !== null) response.#handled = null;
    return handled;
  }
}

type ResponsePrototype = ServerResponse & {
  readonly _headerSent: boolean;
  _send(...args: unknown[]): boolean;
  _finish(): void;
};
type Emit = (this: unknown, event: string | symbol, ...args: unknown[]) => boolean;

/**
 * Requests that a server answers, and who waits until all are answered: `close()` ends when the last response has. A
 * request that this very process sends through an agent or a pool with a limit keeps one of its sockets until it is answered.
 */
export class HttpServers {
  readonly #host: NodeHost;
  readonly #sockets: LentSockets;
  readonly #exchanges: OwnExchanges;
  readonly #objects = new WeakMap<object, TrackedObject | null>();

  constructor(host: NodeHost, sockets: LentSockets, exchanges: OwnExchanges) {
    this.#host = host;
    this.#sockets = sockets;
    this.#exchanges = exchanges;
  }

  watchServers({ Server }: { readonly Server: { readonly prototype: object } }): () => void {
    const prototype = Server.prototype as Server;
    const undo = [this.#watchRequests(prototype), this.#watchClose(prototype)];
    return () => {
      for (const restore of undo.reverse()) restore();
    };
  }

  watchResponses({ ServerResponse }: typeof import('node:http')): () => void {
    const end = (response: ServerResponse, isGone = false): void => this.#end(response, isGone);
    const prototype = ServerResponse.prototype as ResponsePrototype;
    const undo = [
      replaced(prototype, '_finish', (original) => {
        const finish = original as (this: ResponsePrototype) => void;
        return function _finish(this: ResponsePrototype): void {
          end(this);
          finish.call(this);
        };
      }),
      replaced(prototype, 'emit', (original) => {
        const emit = original as Emit;
        return function emitted(this: ResponsePrototype, event: string | symbol, ...args: unknown[]): boolean {
          // A client that goes away before the answer.
          if (event === 'close') end(this, true);
          return emit.call(this, event, ...args);
        };
      }),
    ];
    return () => {
      for (const restore of undo.reverse()) restore();
    };
  }

  /** Tells when an answer begins: whoever has asked may go on then. */
  watchFirstParts({ ServerResponse }: typeof import('node:http')): () => void {
    const prototype = ServerResponse.prototype as ResponsePrototype;
    return replaced(prototype, '_send', (original) => {
      const send = original as ResponsePrototype['_send'];
      return function _send(this: ResponsePrototype, ...args: unknown[]): boolean {
        if (!this._headerSent) Handling.exchangeOf(this)?.begins();
        return Reflect.apply(send, this, args);
      };
    });
  }

  #watchRequests(prototype: Server): () => void {
    const host = this.#host;
    const exchanges = this.#exchanges;
    const { session } = host;
    const begin = (server: Server, request: IncomingMessage, response: ServerResponse): void =>
      this.#begin(server, request, response);
    return replaced(prototype, 'emit', (original) => {
      const emit = original as Emit;
      return function emitted(this: Server, event: string | symbol, ...args: unknown[]): boolean {
        if (event === 'listening') observed(host, () => exchanges.listens(this));
        else if (event === 'close') exchanges.closed(this);
        if (event !== 'request' || hooks.activeSession() !== session || !isObject(args[1])) {
          return emit.call(this, event, ...args);
        }
        // What the handler owes is its own, not that of the request the parser finds next.
        const { history } = session.slice;
        begin(this, args[0] as IncomingMessage, args[1] as ServerResponse);
        try {
          return emit.call(this, event, ...args);
        } finally {
          session.slice.history = history;
        }
      };
    });
  }

  #watchClose(prototype: Server): () => void {
    const host = this.#host;
    const objectOf = (server: Server): TrackedObject | null => this.#objectOf(server);
    return replaced(prototype, 'close', (original) => {
      return function close(this: Server, ...args: Parameters<Server['close']>): unknown {
        const wait = observed(host, () => (this.listening ? hooks.wait(objectOf(this), CLOSE) : null));
        if (wait !== null) {
          const callback = args.at(-1);
          if (typeof callback === 'function') {
            hooks.blocked(wait);
            calledBack(wait, callback);
          } else sleepIfHeard(host.session, this, wait);
          this.once('close', () => hooks.waited(wait));
        }
        return Reflect.apply(original, this, args);
      };
    });
  }

  #begin(server: Server, request: IncomingMessage, response: ServerResponse): void {
    const { session } = this.#host;
    try {
      const handled: Handled = { held: null, lent: response, client: null, exchange: null, slot: -1 };
      if (!Handling.isFirst(response, handled)) return;
      handled.slot = isAsked(handled);
      const client = this.#sockets.otherEndOf(request.socket);
      if (client !== null) session.slice.history = session.histories.join(session.slice.history, client.held);
      handled.client = client;
      if (client !== null) client.lent = response;
      handled.exchange = this.#exchanges.arrived(request.socket);
      if (handled.exchange !== null) handled.exchange.lent = response;
      handled.held = hooks.enter(this.#objectOf(server), HANDLE);
    } catch (fault) {
      hooks.failed(fault, session);
    }
  }

  /** The response is complete, or nobody wants it any more. */
  #end(response: ServerResponse, isGone: boolean): void {
    const handled = Handling.take(response);
    if (handled === null) return;
    isAnswered(handled.slot);
    const { held, client, exchange } = handled;
    if (isGone) exchange?.cancel();
    else exchange?.ends();
    hooks.exit(held);
    if (client !== null) client.release = hooks.carry(() => client.pool.takeBack(client.socket));
  }

  #objectOf(server: Server): TrackedObject | null {
    const known = this.#objects.get(server);
    if (known !== undefined) return known;
    const object = hooks.track({ kind: 'http_server', name: 'requests of http.Server' });
    this.#objects.set(server, object);
    // One that listened before anybody watched.
    this.#exchanges.listens(server);
    return object;
  }
}

/** Who only closes a server need not wait for that; who does listens by the end of the turn. */
function sleepIfHeard(session: Session, server: Server, wait: Wait): void {
  const { history } = session.slice;
  nextTick(() => {
    if (!wait.pending) return;
    // One listener is ours.
    if (server.listenerCount('close') < 2) {
      hooks.waited(wait, 'cancelled');
      return;
    }
    const own = session.slice.history;
    session.slice.history = history;
    hooks.blocked(wait);
    session.slice.history = own;
  });
}
