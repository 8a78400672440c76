import type { ChildProcess } from 'node:child_process';
import type { Server, Socket } from 'node:net';
import { activeHandles } from '../active-handles.ts';
import { loadNet } from './net.ts';
import { isFull, type StreamLike } from './stream-state.ts';

/** An address by which a computer speaks to itself. */
const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.)/;

/** The connections that keep this process alive, with its child processes, and where they lead. */
export class Connections {
  readonly #sockets: readonly Socket[];
  readonly #children: readonly ChildProcess[];
  /** On which this process listens. */
  readonly #ports = new Set<number | undefined>();
  /** Of each socket, by which its other end is known. */
  readonly #ends: ReadonlySet<string>;
  /** It listens on a pipe that is named: nothing tells who is at the other end of a pipe. */
  readonly #hasNamedPipe: boolean;

  private constructor(handles: readonly object[]) {
    const net = loadNet();
    const servers = handles.filter((handle): handle is Server => handle instanceof net.Server);
    const addresses = servers.map((server) => server.address());
    this.#hasNamedPipe = addresses.some((address) => typeof address === 'string');
    for (const address of addresses) if (typeof address !== 'string') this.#ports.add(address?.port);
    this.#sockets = handles.filter((handle): handle is Socket => handle instanceof net.Socket);
    this.#children = handles.filter(isChild);
    this.#ends = new Set(this.#sockets.map(({ localPort, remotePort }) => `${localPort} ${remotePort}`));
  }

  /** Those of now; null where Node does not tell. */
  static now(): Connections | null {
    const handles = activeHandles();
    return handles === null ? null : new Connections(handles);
  }

  /**
   * One may have both its ends in this process: it leads to a port on which it listens, or the two ends have each other's ports. A
   * server that only others speak to is none: what its data base answers comes from outside.
   */
  get mayBeOwn(): boolean {
    return this.#hasNamedPipe || this.#sockets.some((socket) => this.#isOwn(socket));
  }

  /**
   * One leads to another process, which may say something at any time; so may a child process, unless it cannot write what it
   * has to say.
   */
  get leadOutside(): boolean {
    if (
      this.#children.some(
        (child) => !child.stdio.some((pipe) => pipe !== null && isFull(pipe as unknown as StreamLike)),
      )
    )
      return true;
    return this.#sockets.some((socket) => socket.remotePort !== undefined && !this.#isOwn(socket));
  }

  #isOwn({ connecting, localAddress, localPort, remoteAddress, remotePort }: Socket): boolean {
    if (connecting) return this.#ports.size > 0;
    if (remotePort === undefined || !isSame(localAddress, remoteAddress)) return false;
    return this.#ports.has(remotePort) || this.#ends.has(`${remotePort} ${localPort}`);
  }
}

/** Known by its shape: its module need not be loaded. */
function isChild(handle: object): handle is ChildProcess {
  return 'spawnargs' in handle && 'stdio' in handle && Array.isArray(handle.stdio);
}

function isSame(local: string | undefined, remote: string | undefined): boolean {
  return local === remote || (LOOPBACK.test(local ?? '') && LOOPBACK.test(remote ?? ''));
}
