import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import type { Stack } from '../../src/core/stack.ts';
import type { Wait } from '../../src/core/wait.ts';
import { stuckFinding } from '../../src/tracker/stuck.ts';
import { OwnWeakRef } from '../own-weak-ref.ts';
import { type NodeHost, observed } from './node-host.ts';
import { placeOfAsking } from './own-fetches.ts';
import type { Look } from './stall-clock.ts';
import type { UndiciMessage, UndiciRequest } from './undici-messages.ts';
import { type Requested, unreadBody } from './unread-reports.ts';

/** A request under way. Keeps neither it nor its answer alive: undici cancels an answer that is garbage. */
interface Underway extends Requested {
  readonly request: WeakRef<UndiciRequest>;
  readonly origin: string;
  stack: Stack | null;
  /** For the connection, where its pool is watched. */
  wait: Wait | null;
  /** The connection it has; null while it waits for one. */
  socket: WeakRef<Socket> | null;
  isAnswered: boolean;
  bytesRead: number;
  looks: number;
}

/**
 * Requests of undici, from npm and of `fetch`: both publish them. One that waits for a connection is stuck when those there
 * are have answers that nobody reads. A client without a limit of connections never waits.
 */
export class UndiciRequests {
  readonly #host: NodeHost;
  readonly #byRequest = new WeakMap<UndiciRequest, Underway>();
  readonly #underway = new Set<Underway>();
  /** Sockets with an answer that nobody reads, as of the last look. */
  #unread = new WeakSet<Socket>();
  readonly #listeners: Readonly<Record<string, (message: unknown) => void>>;

  constructor(host: NodeHost) {
    this.#host = host;
    const on = (listen: (message: UndiciMessage) => void) => (message: unknown) =>
      void observed(host, () => listen(message as UndiciMessage));
    this.#listeners = {
      'undici:request:create': on(({ request }) => this.#create(request)),
      'undici:client:sendHeaders': on(({ request, socket }) => this.#send(request, socket)),
      'undici:request:headers': on(({ request }) => this.#answer(request)),
      'undici:request:trailers': on(({ request }) => this.#end(request)),
      'undici:request:error': on(({ request }) => this.#end(request)),
    };
    for (const [channel, listener] of Object.entries(this.#listeners)) subscribe(channel, listener);
    host.clock.add((look) => observed(host, () => this.#look(look)) ?? false);
  }

  stop(): void {
    for (const [channel, listener] of Object.entries(this.#listeners)) unsubscribe(channel, listener);
  }

  /** True for the socket of an answer that nobody read when this was last looked at. */
  isUnread(socket: Socket): boolean {
    return this.#unread.has(socket);
  }

  /** A request that was published waits for its connection. */
  waits(request: UndiciRequest, wait: Wait | null): void {
    const underway = this.#byRequest.get(request);
    if (underway !== undefined) underway.wait = wait;
  }

  #create(request: UndiciRequest): void {
    const underway: Underway = {
      request: new OwnWeakRef(request),
      name: `${request.method} ${request.path}`,
      origin: String(request.origin),
      stack: null,
      wait: null,
      socket: null,
      isAnswered: false,
      bytesRead: -1,
      looks: 0,
    };
    const place = (stack: Stack | null): void => {
      underway.stack = stack;
    };
    if (!placeOfAsking(place)) place(this.#host.session.capture());
    this.#byRequest.set(request, underway);
    if (this.#underway.size > 0) this.#host.clock.arm();
    this.#underway.add(underway);
  }

  #send(request: UndiciRequest, socket: Socket | undefined): void {
    const underway = this.#byRequest.get(request);
    if (underway !== undefined && socket !== undefined) underway.socket = new OwnWeakRef(socket);
  }

  #answer(request: UndiciRequest): void {
    const underway = this.#byRequest.get(request);
    if (underway !== undefined) underway.isAnswered = true;
  }

  #end(request: UndiciRequest): void {
    const underway = this.#byRequest.get(request);
    if (underway !== undefined) this.#underway.delete(underway);
  }

  #look(look: Look): boolean {
    const waiting: Underway[] = [];
    const unread: Underway[] = [];
    for (const each of this.#underway) {
      if (each.request.deref() === undefined) this.#underway.delete(each);
      else if (each.socket === null) waiting.push(each);
      else if (isUnread(each)) unread.push(each);
    }
    this.#unread = new WeakSet(unread.flatMap(({ socket }) => socket?.deref() ?? []));
    for (const each of waiting) {
      const keeper = unread.find(({ origin }) => origin === each.origin);
      each.looks = keeper === undefined ? 0 : each.looks + 1;
      if (keeper === undefined || !look.outlasts(each.looks)) continue;
      this.#underway.delete(each);
      const { session, rules, onFinding } = this.#host;
      onFinding(stuckFinding(unreadBody(each, keeper, 'undici'), rules, session.now), each.wait);
    }
    return waiting.length > 0;
  }
}

/** Answered, not complete, and nothing has been read since the last look though something is there. */
function isUnread(each: Underway): boolean {
  const socket = each.socket?.deref();
  if (!each.isAnswered || socket === undefined || socket.destroyed) return false;
  const wasStill = socket.bytesRead === each.bytesRead;
  each.bytesRead = socket.bytesRead;
  return wasStill && socket.readableLength > 0;
}
