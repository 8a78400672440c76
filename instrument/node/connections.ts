import type { ChildProcess } from 'node:child_process';
import type { Server, Socket } from 'node:net';
import { activeHandles } from '../process/active-handles.ts';
import { openClients } from './client-sockets.ts';
import { loadNet } from './net.ts';
import { isFull, isStarved, type StreamLike } from './stream-state.ts';

/** An address by which a computer speaks to itself. */
const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.)/;

/** Handles that bring in what others do: a file that changes, a datagram, a message of another thread. */
const BRINGS_IN = /^(?:FSWatcher|FSEvent|StatWatcher|MessagePort)$/;

/** What this process writes into for everybody to see; nothing comes back. */
const OUTPUTS: readonly unknown[] = [1, 2];

/** The connections that keep this thread alive, with its child processes and whatever else something may come from. */
export class Connections {
  readonly #sockets: readonly Socket[];
  readonly #servers: readonly Server[];
  readonly #children: readonly ChildProcess[];
  readonly #hasSources: boolean;
  /** On which this process listens. */
  readonly #ports = new Set<number | undefined>();
  /** The client's ends that keep nothing alive. */
  readonly #idle: readonly Socket[];
  /** Of each socket, by which its other end is known. */
  readonly #ends: ReadonlySet<string>;
  /** It listens on a pipe that is named: nothing tells who is at the other end of a pipe. */
  readonly #hasNamedPipe: boolean;

  /** @param handles those of this thread; @param clients sockets of its connections, whether they keep it alive or not */
  constructor(handles: readonly object[], clients: readonly Socket[] = []) {
    const net = loadNet();
    const servers = handles.filter((handle): handle is Server => handle instanceof net.Server);
    this.#servers = servers;
    const addresses = servers.map((server) => server.address());
    this.#hasNamedPipe = addresses.some((address) => typeof address === 'string');
    for (const address of addresses) if (typeof address !== 'string') this.#ports.add(address?.port);
    this.#sockets = handles.filter((handle): handle is Socket => handle instanceof net.Socket);
    this.#children = handles.filter(isChild);
    this.#hasSources = handles.some(bringsIn);
    const all = new Set(this.#sockets);
    this.#idle = clients.filter((client) => !all.has(client));
    const known = [...this.#sockets, ...this.#idle];
    this.#ends = new Set(known.map(({ localPort, remotePort }) => `${localPort} ${remotePort}`));
  }

  /** Those of now; null where Node does not tell. */
  static now(): Connections | null {
    const handles = activeHandles();
    return handles === null ? null : new Connections(handles, openClients());
  }

  /**
   * One may have both its ends in this process: it leads to a port on which it listens, or the two ends have each other's ports. A
   * server that only others speak to is none: what its data base answers comes from outside.
   */
  get mayBeOwn(): boolean {
    return this.#hasNamedPipe || this.#sockets.some((socket) => this.#isOwn(socket));
  }

  /** What Node has for the connections that lead to this process itself, and for the servers of it if there is one. */
  get ownHandles(): readonly object[] {
    const own = [...this.#sockets, ...this.#idle].filter((socket) => this.#isOwn(socket));
    const ends: readonly object[] = own.length === 0 ? [] : [...own, ...this.#servers];
    return ends.flatMap((end) => handlesOf(end as WithHandle));
  }

  /**
   * Something may come from another process or another thread at any time: by a connection, a channel, a file that is watched, or a
   * child process, unless it cannot write what it has to say. Servers count by their connections alone.
   */
  get leadOutside(): boolean {
    if (this.#hasSources || this.#children.some((child) => !child.stdio.some(isFullPipe))) return true;
    const pipes = new Set<unknown>(this.#children.flatMap(({ stdio }) => stdio));
    return this.#sockets.some((socket) => !pipes.has(socket) && this.#leadsOutside(socket));
  }

  #leadsOutside(socket: Socket): boolean {
    const { connecting, remotePort } = socket;
    if (remotePort !== undefined) return !this.#isOwn(socket);
    const { fd } = socket as { readonly fd?: unknown };
    if (connecting || OUTPUTS.includes(fd)) return false;
    // A pipe. Nothing tells who is at its other end, not even that it is this process.
    return fd === 0 ? isStarved(socket) : !isFull(socket);
  }

  #isOwn({ connecting, localAddress, localPort, remoteAddress, remotePort }: Socket): boolean {
    if (connecting) return this.#ports.size > 0;
    if (remotePort === undefined || !isSame(localAddress, remoteAddress)) return false;
    return this.#ports.has(remotePort) || this.#ends.has(`${remotePort} ${localPort}`);
  }
}

function isFullPipe(pipe: object | null | undefined): boolean {
  return pipe !== null && pipe !== undefined && isFull(pipe as StreamLike);
}

function bringsIn(handle: object): boolean {
  const { name } = handle.constructor ?? {};
  if (name === undefined) return false;
  // A bare pipe is the channel to the parent, or to a child, which is judged by itself.
  if (name === 'Pipe') return process.channel !== undefined && process.channel !== null;
  return BRINGS_IN.test(name) || 'dropMembership' in handle;
}

/** Known by its shape: its module need not be loaded. */
function isChild(handle: object): handle is ChildProcess {
  return 'spawnargs' in handle && 'stdio' in handle && Array.isArray(handle.stdio);
}

function isSame(local: string | undefined, remote: string | undefined): boolean {
  return local === remote || (LOOPBACK.test(local ?? '') && LOOPBACK.test(remote ?? ''));
}

interface WithHandle {
  readonly _handle?: (object & { readonly _parent?: object | null }) | null;
}

/** Its own, and what that of an encrypted connection is made on. */
function handlesOf({ _handle: handle }: WithHandle): readonly object[] {
  return [handle, handle?._parent].filter((each): each is object => typeof each === 'object' && each !== null);
}
