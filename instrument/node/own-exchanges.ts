import type { AddressInfo, Server, Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import * as hooks from '../../src/sync/hooks.ts';
import { ANSWER, Exchange } from './exchange.ts';
import type { NodeHost } from './node-host.ts';

/** A request as its client sees it. */
export interface Requested {
  /** The class of servers that it is for. */
  readonly server?: 'http.Server' | 'http2.Server';
  readonly method: string;
  readonly path: string;
  readonly hostname: string;
  readonly port: number;
  /** Asked when a handler begins: whether somebody waits for the answer who has not said so. */
  readonly isAwaited: () => boolean;
}

/** What is asked of a socket; Node asks the system, so not before it is needed. */
type End = Pick<Socket, 'localAddress' | 'localPort' | 'remoteAddress' | 'remotePort'>;

/** Patches clients or answers. @returns what restores them */
export type Watch = () => () => void;

const LOOPBACK = /^(localhost|.*\.localhost|127\.[\d.]+|\[?::1?\]?|0\.0\.0\.0|\[?::ffff:127\.[\d.]+\]?)$/i;

/**
 * Requests that this process sends to its own servers. Client and handler are matched by the ports of their sockets: whoever
 * gets the answer has behind it what the handler had to wait for, as if it had called the handler itself. Clients are
 * watched from the moment a server listens, answers from the first such request on.
 */
export class OwnExchanges {
  readonly #host: NodeHost;
  readonly #ports = new Map<Server, number>();
  /** Sent, and not arrived. */
  readonly #sent = new Map<Socket, Exchange>();
  readonly #undo: (() => void)[] = [];
  #watchClients: Watch | null;
  #watchAnswers: Watch | null;
  #addresses: ReadonlySet<string> | null = null;

  constructor(host: NodeHost, clients: (exchanges: OwnExchanges) => () => void, answers: Watch) {
    this.#host = host;
    this.#watchClients = () => clients(this);
    this.#watchAnswers = answers;
  }

  stop(): void {
    for (const restore of this.#undo.splice(0).reverse()) restore();
  }

  listens(server: Server): void {
    const address = server.address() as AddressInfo | string | null;
    if (typeof address !== 'object' || address === null) return;
    this.#ports.set(server, address.port);
    if (this.#watchClients !== null) this.#undo.push(this.#watchClients());
    this.#watchClients = null;
  }

  closed(server: Server): void {
    this.#ports.delete(server);
  }

  /** The calling code makes a request. @returns null for one that no server of this process gets, or while nobody holds anything */
  ask({ server = 'http.Server', method, path, hostname, port, isAwaited }: Requested): Exchange | null {
    const { session } = this.#host;
    if (!this.#isServed(port) || !session.histories.active || !hooks.followsPromises()) return null;
    if (!this.#isHere(hostname)) return null;
    const label = `${method} ${path.split(/[?#]/, 1)[0]}`;
    const object = hooks.track({ kind: 'exchange', name: `answers of ${server}`, label });
    const wait = hooks.wait(object, ANSWER);
    if (wait === null) return null;
    if (this.#watchAnswers !== null) this.#undo.push(this.#watchAnswers());
    this.#watchAnswers = null;
    return new Exchange(wait, session, isAwaited);
  }

  sent(exchange: Exchange, socket: Socket): void {
    this.#sent.set(socket, exchange);
  }

  /** The client does not wait any more, or has got its answer. */
  over(exchange: Exchange): void {
    if (exchange.wait.pending) exchange.cancel();
    for (const [socket, sent] of this.#sent) if (sent === exchange) this.#sent.delete(socket);
  }

  /** The exchange whose request this socket of a server has brought, or null. Linear in those that are on their way. */
  arrived(accepted: Socket): Exchange | null {
    if (this.#sent.size === 0) return null;
    for (const [socket, exchange] of this.#sent) {
      if (!isOtherEnd(socket, accepted)) continue;
      this.#sent.delete(socket);
      exchange.arrives(socket);
      return exchange;
    }
    return null;
  }

  #isServed(port: number): boolean {
    for (const own of this.#ports.values()) if (own === port) return true;
    return false;
  }

  #isHere(hostname: string): boolean {
    if (LOOPBACK.test(hostname)) return true;
    this.#addresses ??= new Set(
      Object.values(networkInterfaces()).flatMap((each) => (each ?? []).map(({ address }) => address)),
    );
    return this.#addresses.has(hostname.replace(/^\[|\]$/g, ''));
  }
}

/** True for the two sockets of one connection. */
export function isOtherEnd(socket: End, accepted: End): boolean {
  const { remotePort, localPort, remoteAddress = '' } = accepted;
  if (remotePort === undefined || socket.localPort !== remotePort || socket.remotePort !== localPort) return false;
  return plain(socket.localAddress) === plain(remoteAddress);
}

/** An IPv4 address as it is written without IPv6. */
function plain(address: string | undefined): string | undefined {
  return address?.replace(/^::ffff:/i, '');
}
