import type { Agent, ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import { stuckFinding } from '../../src/tracker/stuck.ts';
import { type NamedPlace, placeOfUse } from '../first-use.ts';
import { calledBack } from '../patches/called-back.ts';
import { replaced } from '../patches/replaced.ts';
import { type PoolVerbs, poolVerbs, refuse, watchedPool } from '../watched-pool.ts';
import type { Asked, Lent, LentSockets } from './lent-sockets.ts';
import { type NodeHost, observed } from './node-host.ts';
import type { Look } from './stall-clock.ts';
import { hasNoReader, type StreamLike } from './stream-state.ts';
import { unreadBody } from './unread-reports.ts';

const VERBS: PoolVerbs = poolVerbs('request', 'free');

type AgentPrototype = Agent & {
  addRequest(request: ClientRequest, options: object | string, port?: number, localAddress?: string): void;
  removeSocket(socket: Socket, options: object): void;
  keepSocketAlive(socket: Socket): boolean;
};

/** A request that waits for a socket of its agent. */
interface Waiting extends Asked {
  looks: number;
}

/** Requests that wait for one of the sockets that an agent has for a host. An agent without a limit is not watched. */
export class AgentSockets {
  readonly #host: NodeHost;
  readonly #keys = new WeakMap<Agent, Map<string, object>>();
  readonly #asked = new WeakMap<ClientRequest, Waiting>();
  readonly #sockets: LentSockets;

  /** Requests that wait for a socket, as long as they do. */
  readonly #waiting = new Set<Waiting>();

  constructor(host: NodeHost, sockets: LentSockets) {
    this.#host = host;
    this.#sockets = sockets;
    host.clock.add((look) => observed(host, () => this.#look(look)) ?? false);
  }

  watch(http: typeof import('node:http')): () => void {
    const agent = http.Agent.prototype as AgentPrototype;
    const request = http.ClientRequest.prototype;
    const undo = [this.#watchRequests(agent), this.#watchReturns(agent), this.#watchGrants(request)];
    return () => {
      for (const restore of undo.reverse()) restore();
    };
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
    const [grant, giveUp] = [
      (to: Waiting, socket: Socket) => this.#lend(to, socket),
      (of: Waiting) => this.#giveUp(of),
    ];
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
    const takeBack = (socket: Socket): void => this.#sockets.takeBack(socket);
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
    const asked = { ...this.#sockets.ask(pool, `${request.method} ${request.path}`), looks: 0 };
    // It has who hears of the answer.
    if (asked.wait !== null) calledBack(asked.wait, request);
    this.#asked.set(request, asked);
    this.#waiting.add(asked);
    if (!this.#sockets.isEmpty) this.#host.clock.arm();
  }

  #keyOf(agent: Agent, name: string): object {
    const keys = this.#keys.get(agent) ?? new Map<string, object>();
    this.#keys.set(agent, keys);
    const key = keys.get(name) ?? {};
    keys.set(name, key);
    return key;
  }

  #lend(asked: Waiting, socket: Socket): void {
    this.#waiting.delete(asked);
    this.#sockets.lend(asked, socket);
  }

  #giveUp(asked: Waiting): void {
    this.#waiting.delete(asked);
    refuse(asked.wait);
  }

  /** A request is stuck when every socket of its pool is kept by an answer that nobody reads. */
  #look(look: Look): boolean {
    for (const asked of this.#waiting) {
      const lent = this.#sockets.of(asked.pool);
      const [keeper] = lent;
      asked.looks = keeper !== undefined && lent.every(isUnread) ? asked.looks + 1 : 0;
      if (keeper === undefined || asked.looks === 0 || !look.outlasts(asked.looks)) continue;
      this.#waiting.delete(asked);
      const { session, rules, onFinding } = this.#host;
      onFinding(stuckFinding(unreadBody(asked, keeper, 'http.Agent'), rules, session.now), asked.wait);
    }
    return this.#waiting.size > 0;
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
