import type { Agent, ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { isObject } from '../../src/core/thenable.ts';
import * as hooks from '../../src/sync/hooks.ts';
import { replaced } from '../patches/replaced.ts';
import { instanceNotes } from '../shapes/instance-notes.ts';
import type { Exchange } from './exchange.ts';
import { type NodeHost, observed } from './node-host.ts';
import type { OwnExchanges } from './own-exchanges.ts';

type Http = typeof import('node:http');
type Emit = (this: unknown, event: string | symbol, ...args: unknown[]) => boolean;
type AddRequest = (this: Agent, request: ClientRequest, options: unknown, ...rest: unknown[]) => void;

/** What an agent is told of where a request goes. */
interface AgentOptions {
  readonly host?: string;
  readonly port?: number | string;
  readonly socketPath?: string | null;
}

/** The exchange of a request, and of its answer. */
const asked = instanceNotes<Exchange>();

/**
 * Requests through an agent of `node:http` or `node:https` to a server of this process. Who listens for the answer waits for
 * it; that the program may only look at it, and not wait, nobody can tell.
 */
export function watchOwnRequests(http: Http, host: NodeHost, exchanges: OwnExchanges): () => void {
  const undo = [
    replaced(http.Agent.prototype as Agent & { addRequest: AddRequest }, 'addRequest', (original) => {
      return function addRequest(this: Agent, ...args: Parameters<AddRequest>): void {
        const [request, options] = args;
        if (isObject(options)) observed(host, () => ask(host, exchanges, request, options));
        Reflect.apply(original, this, args);
      };
    }),
    replaced(http.ClientRequest.prototype, 'onSocket', (original) => {
      return function onSocket(this: ClientRequest, ...args: [socket: Socket, error?: Error]): void {
        const exchange = asked.of(this);
        if (exchange !== null && isObject(args[0])) observed(host, () => exchanges.sent(exchange, args[0]));
        Reflect.apply(original, this, args as never);
      };
    }),
    replaced(http.ClientRequest.prototype, 'emit', (original) => {
      const emit = original as Emit;
      return function emitted(this: ClientRequest, event: string | symbol, ...args: unknown[]): boolean {
        const exchange = asked.of(this);
        if (exchange === null || (event !== 'response' && event !== 'close')) return emit.call(this, event, ...args);
        const isAnswered = !exchange.wait.pending;
        observed(host, () => exchanges.over(exchange));
        if (event === 'close' || !isAnswered) return emit.call(this, event, ...args);
        if (isObject(args[0])) asked.set(args[0], exchange);
        return hooks.resume(exchange.wait, () => emit.call(this, event, ...args));
      };
    }),
  ];
  return () => {
    for (const restore of undo.reverse()) restore();
  };
}

/** What an answer brings goes on as the code that asked for it. */
export function watchOwnAnswers({ IncomingMessage }: Http): () => void {
  return replaced(IncomingMessage.prototype as IncomingMessage, 'emit', (original) => {
    const emit = original as Emit;
    return function emitted(this: IncomingMessage, event: string | symbol, ...args: unknown[]): boolean {
      const exchange = asked.of(this);
      if (exchange === null) return emit.call(this, event, ...args);
      return hooks.resume(exchange.wait, () => emit.call(this, event, ...args));
    };
  });
}

function ask(host: NodeHost, exchanges: OwnExchanges, request: ClientRequest, options: object): void {
  const { host: hostname = 'localhost', port, socketPath } = options as AgentOptions;
  if (socketPath !== undefined && socketPath !== null) return;
  const exchange = exchanges.ask({
    method: request.method,
    path: request.path,
    hostname,
    port: Number(port),
    isAwaited: () => request.listenerCount('response') > 0,
  });
  if (exchange === null) return;
  exchange.wait.stack ??= host.session.capture();
  asked.set(request, exchange);
}
