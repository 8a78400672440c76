import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { OwnWeakRef } from '../own-weak-ref.ts';

/** Where Node tells of each socket that `net.connect` has made. */
const CHANNEL = 'net.client.socket';

/** Sockets that are noted before it is looked for the first time which of them are over. */
const FIRST_LOOK = 64;

/**
 * The sockets by which this thread has connected to somebody, until they are closed. One that is kept for the next request, as `fetch` does,
 * keeps no thread alive and is in no list of handles; yet it is the other end of a connection that this process has to itself.
 */
export class ClientSockets {
  #noted: WeakRef<Socket>[] = [];
  #nextLook = FIRST_LOOK;
  readonly #onSocket = (message: unknown): void => {
    this.#noted.push(new OwnWeakRef((message as { readonly socket: Socket }).socket));
    if (this.#noted.length < this.#nextLook) return;
    this.#noted = this.#noted.filter((each) => isOpen(each.deref()));
    this.#nextLook = Math.max(FIRST_LOOK, 2 * this.#noted.length);
  };

  constructor() {
    subscribe(CHANNEL, this.#onSocket);
  }

  get open(): readonly Socket[] {
    return this.#noted.flatMap((each) => each.deref() ?? []).filter(isOpen);
  }

  stop(): void {
    unsubscribe(CHANNEL, this.#onSocket);
    this.#noted = [];
  }
}

function isOpen(socket: Socket | undefined): boolean {
  return socket !== undefined && !socket.destroyed;
}

let current: ClientSockets | null = null;

/** Those that are known of now; none where nobody follows them. */
export function openClients(): readonly Socket[] {
  return current?.open ?? [];
}

/** @returns what ends it */
export function followClients(): () => void {
  const own = new ClientSockets();
  current = own;
  return () => {
    own.stop();
    if (current === own) current = null;
  };
}
