import type { Server, Socket } from 'node:net';
import { activeHandles } from '../active-handles.ts';
import { loadNet } from '../node/net.ts';

/** An address by which a computer speaks to itself. */
const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.)/;

/**
 * True where this process may be at both ends of a connection: one leads to a port on which it listens, or the two ends have
 * each other's ports. A server that only others speak to is none: what its data base answers comes from outside. Where Node does
 * not tell, and of pipes that are named, true.
 */
export function hasOwnConnections(): boolean {
  const handles = activeHandles();
  if (handles === null) return true;
  const net = loadNet();
  const ports = new Set<number | undefined>();
  for (const server of handles.filter((handle): handle is Server => handle instanceof net.Server)) {
    const address = server.address();
    if (typeof address === 'string') return true;
    ports.add(address?.port);
  }
  const sockets = handles.filter((handle): handle is Socket => handle instanceof net.Socket);
  const ends = new Set(sockets.map(({ localPort, remotePort }) => `${localPort} ${remotePort}`));
  return sockets.some(({ connecting, localAddress, localPort, remoteAddress, remotePort }) => {
    if (connecting) return ports.size > 0;
    if (remotePort === undefined || !isSame(localAddress, remoteAddress)) return false;
    return ports.has(remotePort) || ends.has(`${remotePort} ${localPort}`);
  });
}

function isSame(local: string | undefined, remote: string | undefined): boolean {
  return local === remote || (LOOPBACK.test(local ?? '') && LOOPBACK.test(remote ?? ''));
}
