import type { Socket } from 'node:net';

/** What undici publishes of a request; its own class is not exported. */
export interface UndiciRequest {
  readonly origin: string | URL | undefined;
  readonly method: string;
  readonly path: string;
}

/** What its channels tell. */
export interface UndiciMessage {
  readonly request: UndiciRequest;
  readonly socket?: Socket;
  readonly headers?: unknown;
}

/** The names of what comes first in HTTP/2 (`:method`) are none of a header in HTTP/1. */
export function isHttp2({ headers }: UndiciMessage): boolean {
  return typeof headers === 'string' && /^:method:/m.test(headers);
}
