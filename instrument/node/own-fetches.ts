import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import * as hooks from '../../src/sync/hooks.ts';
import { replaced } from '../replaced.ts';
import type { Exchange } from './exchange.ts';
import { type NodeHost, observed } from './node-host.ts';
import type { OwnExchanges } from './own-exchanges.ts';
import { sendsOverHttp2 } from './own-http2.ts';
import { isHttp2, type UndiciMessage, type UndiciRequest } from './undici-requests.ts';

/** A call of `fetch`, and the request that it has made so far. */
interface Call {
  exchange: Exchange | null;
}

/** Runs a call that makes a request, and gives its promise of the answer. */
type Asking = <T>(call: () => T) => T;

let current: Asking | null = null;

/** A function of a package makes a request: whoever awaits what it returns waits for the answer. */
export function asking<T>(call: () => T): T {
  return current === null ? call() : current(call);
}

/**
 * `fetch` from a server of this process: it makes its first request before it returns, and undici publishes that. Whoever awaits
 * what it returns waits for the answer.
 */
export function watchOwnFetches(host: NodeHost, exchanges: OwnExchanges): () => void {
  let now: Call | null = null;
  const byRequest = new WeakMap<UndiciRequest, Exchange>();
  const over = ({ request }: UndiciMessage): void => {
    const exchange = byRequest.get(request);
    if (exchange !== undefined) exchanges.over(exchange);
  };
  const listeners = {
    'undici:request:create': ({ request }: UndiciMessage) => {
      if (now === null || now.exchange !== null) return;
      now.exchange = ask(exchanges, request);
      if (now.exchange !== null) byRequest.set(request, now.exchange);
    },
    'undici:client:sendHeaders': (message: UndiciMessage) => {
      const { request, socket } = message;
      const exchange = byRequest.get(request);
      if (isHttp2(message)) sendsOverHttp2(request.path, exchange ?? null);
      else if (exchange !== undefined && socket !== undefined) exchanges.sent(exchange, socket);
    },
    'undici:request:headers': over,
    'undici:request:error': over,
  };
  const subscribed = Object.entries(listeners).map(([channel, listen]) => {
    const listener = (message: unknown): void => void observed(host, () => listen(message as UndiciMessage));
    subscribe(channel, listener);
    return () => void unsubscribe(channel, listener);
  });
  const ownAsking: Asking = (call) => {
    const outer = now;
    const own: Call = { exchange: null };
    now = own;
    let answer: ReturnType<typeof call>;
    try {
      answer = call();
    } finally {
      now = outer;
    }
    const wait = own.exchange?.wait ?? null;
    if (wait === null) return answer;
    // Where the request was made, the stack was full of undici.
    wait.stack = host.session.capture();
    if (answer instanceof Promise) void hooks.follow(answer, wait);
    return answer;
  };
  current = ownAsking;
  const restore = replaced(globalThis, 'fetch', (original) => {
    return function fetch(this: unknown, ...args: unknown[]): unknown {
      return ownAsking(() => Reflect.apply(original, this, args as never) as unknown);
    };
  });
  return () => {
    if (current === ownAsking) current = null;
    restore();
    for (const stop of subscribed) stop();
  };
}

function ask(exchanges: OwnExchanges, { origin, method, path }: UndiciRequest): Exchange | null {
  const { hostname, port, protocol } = new URL(String(origin));
  const isPlain = protocol === 'http:';
  return exchanges.ask({
    method,
    path,
    hostname,
    port: port === '' ? (isPlain ? 80 : 443) : Number(port),
    isAwaited: () => false,
  });
}
