import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import type { Stack } from '../../src/core/stack.ts';
import { stuckFinding } from '../../src/tracker/stuck.ts';
import { type NamedPlace, placeOfUse } from '../first-use.ts';
import { type PoolVerbs, poolVerbs, refuse, watchedPool } from '../watched-pool.ts';
import type { Asked, LentSockets } from './lent-sockets.ts';
import { type NodeHost, observed } from './node-host.ts';
import { placeOfAsking } from './own-fetches.ts';
import type { Look } from './stall-clock.ts';
import { isHttp2, type UndiciMessage, type UndiciRequest } from './undici-messages.ts';
import type { UndiciRequests } from './undici-requests.ts';
import { unreadBody } from './unread-reports.ts';

const VERBS: PoolVerbs = poolVerbs('dispatch', 'complete');

/** A request as it is dispatched; undici hands the same object from a pool to one of its clients, now or later. */
export interface Dispatched {
  readonly method?: string;
  readonly path?: string;
}

/** A request that asked for a connection, and the socket that it has got. */
interface Underway {
  readonly asked: Asked;
  socket: Socket | null;
}

/** Requests that are followed while they stand in the queue of a pool: beyond it some other one tells of the same answers. */
const MAX_QUEUED = 256;

/** A request in the queue of a pool, which has so many connections. */
interface Queued {
  readonly asked: Asked;
  readonly capacity: number;
  looks: number;
}

let current: UndiciConnections | null = null;

/** What undici dispatches is among these from now on. @returns what ends that */
export function followUndici(connections: UndiciConnections): () => void {
  current = connections;
  return () => {
    connections.stop();
    if (current === connections) current = null;
  };
}

/** A dispatcher of undici is given a request. @param capacity how many connections it has; null for one that passes it on */
export function dispatched(
  dispatcher: object,
  capacity: number | null,
  options: Dispatched,
  send: () => boolean,
): boolean {
  return current === null ? send() : current.dispatch(dispatcher, capacity, options, send);
}

/**
 * Requests that wait for one of the connections that a pool or a client of undici has. undici publishes a request when it
 * leaves the queue of its pool, and when it is sent; so it is followed from its dispatch to there.
 */
export class UndiciConnections {
  readonly #host: NodeHost;
  readonly #sockets: LentSockets;
  readonly #requests: UndiciRequests;
  readonly #queued = new Map<Dispatched, Queued>();
  /** Null for one whose pool has no limit that anybody waits for. */
  readonly #asked = new WeakMap<Dispatched, Asked | null>();
  readonly #underway = new WeakMap<object, Underway>();
  readonly #listeners: Readonly<Record<string, (message: unknown) => void>>;
  /** The request that is dispatched now, and has not been published yet. */
  #now: Dispatched | null = null;
  #isFollowing = false;

  constructor(host: NodeHost, sockets: LentSockets, requests: UndiciRequests) {
    this.#host = host;
    this.#sockets = sockets;
    this.#requests = requests;
    const on = (listen: (message: UndiciMessage) => void) => (message: unknown) =>
      void observed(host, () => listen(message as UndiciMessage));
    this.#listeners = {
      'undici:request:create': on(({ request }) => this.#create(request)),
      'undici:client:sendHeaders': on((message) => this.#send(message)),
      'undici:request:trailers': on(({ request }) => this.#end(request)),
      'undici:request:error': on(({ request }) => this.#end(request)),
    };
    host.clock.add((look) => observed(host, () => this.#look(look)) ?? false);
  }

  stop(): void {
    if (this.#isFollowing)
      for (const [channel, listener] of Object.entries(this.#listeners)) unsubscribe(channel, listener);
  }

  dispatch(dispatcher: object, capacity: number | null, options: Dispatched, send: () => boolean): boolean {
    observed(this.#host, () => this.#ask(dispatcher, capacity, options));
    const outer = this.#now;
    this.#now = this.#asked.has(options) ? options : null;
    try {
      return send();
    } finally {
      this.#now = outer;
      if (this.#queued.has(options)) this.#host.clock.arm();
    }
  }

  #ask(dispatcher: object, capacity: number | null, options: Dispatched): void {
    // A client of a pool takes what that has asked for, or had not to ask for.
    this.#queued.delete(options);
    if (capacity === null || this.#asked.has(options)) return;
    const pool = watchedPool(dispatcher, VERBS, capacity, () => placeOf(dispatcher));
    if (pool !== null) this.#follow();
    const name = `${options.method ?? 'GET'} ${options.path ?? '/'}`;
    const asked = pool === null ? null : this.#sockets.ask(pool, name);
    this.#asked.set(options, asked);
    if (asked === null) return;
    if (asked.stack !== null) placeOfAsking((stack) => placeAt(asked, stack));
    whenTakenBack(options, () => {
      this.#queued.delete(options);
      refuse(asked.wait);
    });
    // What a client is given is published at once, and what a pool does not queue it hands to a client.
    if (!isClient(dispatcher) && this.#queued.size < MAX_QUEUED)
      this.#queued.set(options, { asked, capacity, looks: 0 });
  }

  /** One in a queue is stuck when every connection of its pool is kept by an answer that nobody reads. */
  #look(look: Look): boolean {
    for (const [options, queued] of this.#queued) {
      const { asked, capacity } = queued;
      const lent = this.#sockets.of(asked.pool);
      const [keeper] = lent;
      const isStuck = lent.length >= capacity && lent.every(({ socket }) => this.#requests.isUnread(socket));
      queued.looks = isStuck ? queued.looks + 1 : 0;
      if (keeper === undefined || !isStuck || !look.outlasts(queued.looks)) continue;
      this.#queued.delete(options);
      const { session, rules, onFinding } = this.#host;
      onFinding(stuckFinding(unreadBody(asked, keeper, 'undici'), rules, session.now), asked.wait);
    }
    return this.#queued.size > 0;
  }

  #follow(): void {
    if (this.#isFollowing) return;
    this.#isFollowing = true;
    for (const [channel, listener] of Object.entries(this.#listeners)) subscribe(channel, listener);
  }

  #create(request: UndiciRequest): void {
    const asked = this.#now === null ? null : (this.#asked.get(this.#now) ?? null);
    if (this.#now === null || asked === null) return;
    this.#asked.delete(this.#now);
    this.#now = null;
    this.#underway.set(request, { asked, socket: null });
    this.#requests.waits(request, asked.wait);
  }

  #send(message: UndiciMessage): void {
    const { request, socket } = message;
    const underway = this.#underway.get(request);
    if (underway === undefined || socket === undefined || underway.socket !== null) return;
    // Others are sent over the same connection.
    if (isHttp2(message)) {
      this.#end(request);
      return;
    }
    underway.socket = socket;
    this.#sockets.lend(underway.asked, socket);
  }

  #end(request: object): void {
    const underway = this.#underway.get(request);
    if (underway === undefined) return;
    this.#underway.delete(request);
    if (underway.socket === null) refuse(underway.asked.wait);
    else this.#sockets.takeBack(underway.socket);
  }
}

/** undici 8 takes a request that is aborted out of its queue, and tells nobody but the function that it has asked to. */
function whenTakenBack(options: Dispatched, listen: () => void): void {
  const hook = Object.getOwnPropertySymbols(options).find(({ description }) => description === 'queued abort');
  const queued: unknown = hook === undefined ? undefined : Reflect.get(options, hook);
  if (hook === undefined || typeof queued !== 'function') return;
  Reflect.set(options, hook, (cancel: (reason: unknown) => void) =>
    queued((reason: unknown) => {
      listen();
      cancel(reason);
    }),
  );
}

function placeAt(asked: Asked, stack: Stack | null): void {
  asked.stack = stack;
  if (asked.wait !== null) asked.wait.stack = stack;
}

/** A pool has no `pipelining` of its own. */
function isClient(dispatcher: object): boolean {
  return (dispatcher as { readonly pipelining?: unknown }).pipelining !== undefined;
}

/** Its class is the place of the first request: a pool that an agent makes for a host has no name of its own. */
function placeOf(dispatcher: object): NamedPlace | null {
  const name = `connections of ${dispatcher.constructor.name}`;
  const place = placeOfUse(name, ['dispatch']);
  return place === null ? null : { ...place, name };
}
