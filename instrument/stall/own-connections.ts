import type { AddressInfo, Server, Socket } from 'node:net';
import { loadNet } from '../node/net.ts';

type WithHandles = typeof process & { _getActiveHandles?(): readonly object[] };

/** An address by which a computer speaks to itself. */
const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.)/;

/**
 * True where this process may be at both ends of a connection: one leads to a port on which it listens, or the two ends have
 * each other's ports. A server that only others speak to is none: what its data base answers comes from outside. Where Node does
 * not tell, and of pipes that are named, true.
 */
export function hasOwnConnections(): boolean {
  const handles = (process as WithHandles)._getActiveHandles?.();
  if (handles === undefined) return true;
  const net = loadNet();
  const addresses = handles.filter((handle): handle is Server => handle instanceof net.Server).map(addressOf);
  if (addresses.some((address) => typeof address === 'string')) return true;
  const ports = new Set(addresses.map((address) => (address as AddressInfo | null)?.port));
  const sockets = handles.filter((handle): handle is Socket => handle instanceof net.Socket);
  const accepted = new Set(sockets.map(({ localPort, remotePort }) => `${localPort} ${remotePort}`));
  return sockets.some(({ connecting, localAddress, localPort, remoteAddress, remotePort }) => {
    if (connecting) return ports.size > 0;
    if (remotePort === undefined || !isSame(localAddress, remoteAddress)) return false;
    return ports.has(remotePort) || accepted.has(`${remotePort} ${localPort}`);
  });
}

function addressOf(server: Server): AddressInfo | string | null {
  return server.address();
}

function isSame(local: string | undefined, remote: string | undefined): boolean {
  return local === remote || (LOOPBACK.test(local ?? '') && LOOPBACK.test(remote ?? ''));
}
