import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Stack } from '../../src/core/stack.ts';
import * as hooks from '../../src/sync/hooks.ts';
import { replaced } from '../patches/replaced.ts';
import type { Exchange } from './exchange.ts';
import { type NodeHost, observed } from './node-host.ts';
import type { OwnExchanges } from './own-exchanges.ts';
import { sendsOverHttp2 } from './own-http2.ts';
import { isHttp2, type UndiciMessage, type UndiciRequest } from './undici-messages.ts';

/** Takes the stack of a call. */
type TakeStack = (stack: Stack | null) => void;

/** A call of `fetch`, and the request that it has made so far. */
interface Call {
  exchange: Exchange | null;
  /** Who wants to know where it was made. */
  readonly asked: TakeStack[];
}

/** Runs a call that makes a request, and gives its promise of the answer. */
type Asking = <T>(call: () => T) => T;

let current: Asking | null = null;
/** The call that runs now. */
let now: Call | null = null;

/** A function of a package makes a request: whoever awaits what it returns waits for the answer. */
export function asking<T>(call: () => T): T {
  return current === null ? call() : current(call);
}

/**
 * Where the call was made that makes a request now, told when it has made it: until then its stack is full of undici.
 * @returns false where there is no such call
 */
export function placeOfAsking(take: TakeStack): boolean {
  now?.asked.push(take);
  return now !== null;
}

/**
 * Puts a `fetch` that may be watched in the place of the global one. From the start on: a program may keep it before it has a
 * server, and compare it with the global one later.
 * @returns what restores it
 */
export function replaceFetch(): () => void {
  return replaced(globalThis, 'fetch', (original) => {
    return function fetch(this: unknown, ...args: unknown[]): unknown {
      return asking(() => Reflect.apply(original, this, args as never) as unknown);
    };
  });
}

/**
 * `fetch` from a server of this process: it makes its first request before it returns, and undici publishes that. Whoever awaits
 * what it returns waits for the answer.
 */
export function watchOwnFetches(host: NodeHost, exchanges: OwnExchanges): () => void {
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
    const own: Call = { exchange: null, asked: [] };
    now = own;
    let answer: ReturnType<typeof call>;
    try {
      answer = call();
    } finally {
      now = outer;
    }
    const wait = own.exchange?.wait ?? null;
    if (wait !== null)
      own.asked.push((stack) => {
        wait.stack = stack;
      });
    if (own.asked.length > 0) {
      const stack = host.session.capture();
      for (const take of own.asked) take(stack);
    }
    if (wait !== null && answer instanceof Promise) void hooks.follow(answer, wait);
    return answer;
  };
  current = ownAsking;
  return () => {
    if (current === ownAsking) current = null;
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
