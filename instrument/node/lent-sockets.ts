import type { Socket } from 'node:net';
import type { History } from '../../src/core/history.ts';
import type { Stack } from '../../src/core/stack.ts';
import type { Wait } from '../../src/core/wait.ts';
import * as hooks from '../../src/sync/hooks.ts';
import { replaced } from '../patches/replaced.ts';
import type { WatchedPool } from '../watched-pool.ts';
import { loadNet } from './net.ts';
import type { NodeHost } from './node-host.ts';
import type { Requested } from './unread-reports.ts';

/** A request that asked for a socket. */
export interface Asked extends Requested {
  stack: Stack | null;
  readonly pool: WatchedPool;
  readonly wait: Wait | null;
}

/** A socket that a request has. */
export interface Lent extends Asked {
  readonly socket: Socket;
  /** What whoever answers the request has behind it: it keeps the socket until then. */
  readonly held: History | null;
  /** What that is answered with, where it is answered in this process. */
  lent: object | null;
  /** Gives it back as the code that brought the answer about, where that runs in this process; null while it has not. */
  release: (() => void) | null;
}

/** The sockets that requests of this process have, from pools with a limit. */
export class LentSockets {
  readonly #host: NodeHost;
  readonly #lent = new Map<Socket, Lent>();
  #unwatch: (() => void) | null = null;

  constructor(host: NodeHost) {
    this.#host = host;
  }

  stop(): void {
    this.#unwatch?.();
  }

  get isEmpty(): boolean {
    return this.#lent.size === 0;
  }

  of(pool: WatchedPool): readonly Lent[] {
    return [...this.#lent.values()].filter((lent) => lent.pool === pool);
  }

  /** The socket of this process that is the other end of one of its servers', or null. */
  otherEndOf(accepted: Socket): Lent | null {
    if (this.isEmpty) return null;
    const { remotePort, localPort } = accepted;
    for (const lent of this.#lent.values()) {
      if (lent.socket.localPort === remotePort && lent.socket.remotePort === localPort) return lent;
    }
    return null;
  }

  /** The calling code makes a request, as `GET /orders`. */
  ask(pool: WatchedPool, name: string): Asked {
    this.#unwatch ??= this.#watchAnswers();
    const wait = pool.ask();
    // A request is no promise that somebody may await later.
    hooks.blocked(wait);
    return { name, stack: wait?.stack ?? null, pool, wait };
  }

  /**
   * A socket that goes from one request to the next was given back by the first. Who asked goes on without the hold: that
   * lasts until the answer has been read, whatever else the asker does meanwhile.
   */
  lend(asked: Asked, socket: Socket): void {
    const { pool, wait } = asked;
    this.takeBack(socket);
    pool.lend(wait, socket);
    const held = wait?.node ?? null;
    const { session } = this.#host;
    if (wait !== null) wait.node = session.histories.step(wait.fired ?? session.now, wait);
    this.#lent.set(socket, { ...asked, socket, held, lent: null, release: null });
  }

  takeBack(socket: Socket): void {
    const lent = this.#lent.get(socket);
    if (lent === undefined) return;
    this.#lent.delete(socket);
    if (lent.release !== null) lent.release();
    else hooks.quietly(() => lent.pool.takeBack(socket));
  }

  /** What a socket brings goes on as the code that asked for the request. */
  #watchAnswers(): () => void {
    const lent = this.#lent;
    return replaced(loadNet().Socket.prototype, 'emit', (original) => {
      const emit = original as (this: Socket, ...args: unknown[]) => boolean;
      return function emitted(this: Socket, ...args: unknown[]): boolean {
        const wait = lent.size === 0 ? undefined : lent.get(this)?.wait;
        if (wait === undefined) return emit.call(this, ...args);
        return hooks.resume(wait, () => emit.call(this, ...args));
      };
    });
  }
}
