import type { Agent, ClientRequest } from 'node:http';
import { Socket } from 'node:net';
import type { History } from '../../src/core/history.ts';
import type { Wait } from '../../src/core/wait.ts';
import * as hooks from '../../src/sync/hooks.ts';
import { stuckFinding } from '../../src/tracker/stuck.ts';
import { type NamedPlace, placeOfUse } from '../first-use.ts';
import { type PoolVerbs, poolVerbs, refuse, type WatchedPool, watchedPool } from '../watched-pool.ts';
import { type NodeHost, observed } from './node-host.ts';
import { replaced } from './replaced.ts';
import type { Look } from './stall-clock.ts';
import { hasNoReader, type StreamLike } from './stream-state.ts';
import { type Requested, unreadBody } from './unread-reports.ts';

const VERBS: PoolVerbs = poolVerbs('request', 'free');

type AgentPrototype = Agent & {
  addRequest(request: ClientRequest, options: object | string, port?: number, localAddress?: string): void;
  removeSocket(socket: Socket, options: object): void;
  keepSocketAlive(socket: Socket): boolean;
};

/** A request that asked for a socket. */
interface Asked extends Requested {
  readonly pool: WatchedPool;
  readonly wait: Wait | null;
  looks: number;
}

/** A socket that a request has. */
export interface Lent extends Asked {
  readonly socket: Socket;
  /** What whoever answers the request has behind it: it keeps the socket until then. */
  readonly hold: History | null;
  /** Gives it back as the code that brought the answer about, where that runs in this process; null while it has not. */
  release: (() => void) | null;
}

/** Requests that wait for one of the sockets that an agent has for a host. An agent without a limit is not watched. */
export class AgentSockets {
  readonly #host: NodeHost;
  readonly #keys = new WeakMap<Agent, Map<string, object>>();
  readonly #asked = new WeakMap<ClientRequest, Asked>();
  readonly #lent = new Map<Socket, Lent>();
  #unwatchSockets: (() => void) | null = null;

  /** Requests that wait for a socket, as long as they do. */
  readonly #waiting = new Set<Asked>();

  constructor(host: NodeHost) {
    this.#host = host;
    host.clock.add((look) => observed(host, () => this.#look(look)) ?? false);
  }

  watch(http: typeof import('node:http')): () => void {
    const agent = http.Agent.prototype as AgentPrototype;
    const request = http.ClientRequest.prototype;
    const undo = [this.#watchRequests(agent), this.#watchReturns(agent), this.#watchGrants(request)];
    return () => {
      for (const restore of undo.reverse()) restore();
      this.#unwatchSockets?.();
    };
  }

  /** The socket of this process that is the other end of one of its servers', or null. */
  otherEndOf(accepted: Socket): Lent | null {
    if (this.#lent.size === 0) return null;
    const { remotePort, localPort } = accepted;
    for (const lent of this.#lent.values()) {
      if (lent.socket.localPort === remotePort && lent.socket.remotePort === localPort) return lent;
    }
    return null;
  }

  #watchRequests(agent: AgentPrototype): () => void {
    const ask = (from: AgentPrototype, request: ClientRequest, options: object): void =>
      this.#ask(from, request, options);
    const host = this.#host;
    return replaced(agent, 'addRequest', (original) => {
      return function addRequest(this: AgentPrototype, ...args: Parameters<AgentPrototype['addRequest']>): void {
        const [request, options] = args;
        const hasLimit =
          this.maxSockets !== Number.POSITIVE_INFINITY || this.maxTotalSockets !== Number.POSITIVE_INFINITY;
        if (hasLimit && typeof options === 'object') observed(host, () => ask(this, request, options));
        Reflect.apply(original, this, args);
      };
    });
  }

  #watchGrants(request: ClientRequest): () => void {
    const asked = this.#asked;
    const [grant, giveUp] = [(to: Asked, socket: Socket) => this.#lend(to, socket), (of: Asked) => this.#giveUp(of)];
    const undo = [
      replaced(request, 'onSocket', (original) => {
        return function onSocket(this: ClientRequest, ...args: [socket: Socket, error?: Error]): void {
          const waiting = asked.get(this);
          if (waiting !== undefined) {
            asked.delete(this);
            const [socket, error] = args;
            if (error === undefined || error === null) grant(waiting, socket);
            else giveUp(waiting);
          }
          Reflect.apply(original, this, args);
        };
      }),
      replaced(request, 'destroy', (original) => {
        return function destroy(this: ClientRequest, ...args: Parameters<ClientRequest['destroy']>): unknown {
          const waiting = asked.get(this);
          if (waiting !== undefined) giveUp(waiting);
          return Reflect.apply(original, this, args);
        };
      }),
    ];
    return () => {
      for (const restore of undo) restore();
    };
  }

  #watchReturns(agent: AgentPrototype): () => void {
    const takeBack = (socket: Socket): void => this.#takeBack(socket);
    const undo = [
      replaced(agent, 'keepSocketAlive', (original) => {
        return function keepSocketAlive(this: AgentPrototype, ...args: [socket: Socket]): unknown {
          takeBack(args[0]);
          return Reflect.apply(original, this, args);
        };
      }),
      replaced(agent, 'removeSocket', (original) => {
        return function removeSocket(this: AgentPrototype, ...args: [socket: Socket, options: object]): void {
          takeBack(args[0]);
          Reflect.apply(original, this, args);
        };
      }),
    ];
    return () => {
      for (const restore of undo) restore();
    };
  }

  #ask(agent: AgentPrototype, request: ClientRequest, options: object): void {
    const key = this.#keyOf(agent, agent.getName({ ...options, ...(agent as { options?: object }).options }));
    const capacity = Math.min(agent.maxSockets, agent.maxTotalSockets);
    const pool = watchedPool(key, VERBS, capacity, () => placeOf(agent));
    if (pool === null) return;
    this.#unwatchSockets ??= this.#watchAnswers();
    const wait = pool.ask();
    // A request is no promise that somebody may await later.
    hooks.blocked(wait);
    const asked = { name: `${request.method} ${request.path}`, stack: wait?.stack ?? null, pool, wait, looks: 0 };
    this.#asked.set(request, asked);
    this.#waiting.add(asked);
    if (this.#lent.size > 0) this.#host.clock.arm();
  }

  #keyOf(agent: Agent, name: string): object {
    const keys = this.#keys.get(agent) ?? new Map<string, object>();
    this.#keys.set(agent, keys);
    const key = keys.get(name) ?? {};
    keys.set(name, key);
    return key;
  }

  /** What a socket brings goes on as the code that asked for the request. */
  #watchAnswers(): () => void {
    const lent = this.#lent;
    return replaced(Socket.prototype, 'emit', (original) => {
      const emit = original as (this: Socket, ...args: unknown[]) => boolean;
      return function emitted(this: Socket, ...args: unknown[]): boolean {
        const wait = lent.size === 0 ? undefined : lent.get(this)?.wait;
        if (wait === undefined) return emit.call(this, ...args);
        return hooks.resume(wait, () => emit.call(this, ...args));
      };
    });
  }

  /**
   * A socket that goes from one request to the next was given back by the first. Who asked goes on without the hold: that
   * lasts until the answer has been read, whatever else the asker does meanwhile.
   */
  #lend(asked: Asked, socket: Socket): void {
    const { pool, wait } = asked;
    this.#waiting.delete(asked);
    this.#takeBack(socket);
    pool.lend(wait, socket);
    const hold = wait?.node ?? null;
    const { session } = this.#host;
    if (wait !== null) wait.node = session.histories.step(wait.fired ?? session.now, wait);
    this.#lent.set(socket, { ...asked, socket, hold, release: null });
  }

  #giveUp(asked: Asked): void {
    this.#waiting.delete(asked);
    refuse(asked.wait);
  }

  /** A request is stuck when every socket of its pool is kept by an answer that nobody reads. */
  #look(look: Look): boolean {
    for (const asked of this.#waiting) {
      const lent = [...this.#lent.values()].filter(({ pool }) => pool === asked.pool);
      const [keeper] = lent;
      asked.looks = keeper !== undefined && lent.every(isUnread) ? asked.looks + 1 : 0;
      if (keeper === undefined || asked.looks === 0 || !look.outlasts(asked.looks)) continue;
      this.#waiting.delete(asked);
      const { session, rules, onFinding } = this.#host;
      onFinding(stuckFinding(unreadBody(asked, keeper, 'http.Agent'), rules, session.now));
    }
    return this.#waiting.size > 0;
  }

  #takeBack(socket: Socket): void {
    const lent = this.#lent.get(socket);
    if (lent === undefined) return;
    this.#lent.delete(socket);
    if (lent.release !== null) lent.release();
    else hooks.quietly(() => lent.pool.takeBack(socket));
  }
}

/** An agent is never named where it is used: its class is the place of the first request. */
function placeOf(agent: Agent): NamedPlace | null {
  const name = `sockets of ${agent.constructor.name}`;
  const place = placeOfUse(name, ['addRequest']);
  return place === null ? null : { ...place, name };
}

/** The answer is there, and nobody has begun to read it. */
function isUnread({ socket }: Lent): boolean {
  const { _httpMessage: request } = socket as Socket & { _httpMessage?: { readonly res?: StreamLike } | null };
  const answer = request?.res;
  return answer !== undefined && answer !== null && answer.destroyed !== true && hasNoReader(answer);
}
