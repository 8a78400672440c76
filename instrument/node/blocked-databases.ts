import type { Stack } from '../../src/core/stack.ts';
import { callerName } from '../../src/tracker/caller-names.ts';
import { type Stuck, stuckFinding } from '../../src/tracker/stuck.ts';
import { type NodeHost, observed } from './node-host.ts';
import type { Look } from './stall-clock.ts';

/** A request for a database that was told it has to wait until others have closed theirs. */
export interface BlockedRequest {
  /** The method: open or deleteDatabase. */
  readonly label: string;
  readonly database: string;
  readonly stack: Stack | null;
  /** False once it was served or refused. */
  readonly isPending: () => boolean;
  /** Where the connections were opened that are open now. */
  readonly openedAt: () => readonly (Stack | null)[];
}

let current: BlockedDatabases | null = null;

/** Requests of packages are among these from now on. @returns what ends that */
export function followDatabases(databases: BlockedDatabases): () => void {
  current = databases;
  return () => {
    if (current === databases) current = null;
  };
}

/** A database does not let a request go on, because somebody has a connection to it. */
export function databaseBlocked(request: BlockedRequest): void {
  current?.add(request);
}

/** Requests for databases that wait for a close that does not come. */
export class BlockedDatabases {
  readonly #host: NodeHost;
  readonly #looks = new Map<BlockedRequest, number>();

  constructor(host: NodeHost) {
    this.#host = host;
    host.clock.add((look) => observed(host, () => this.#look(look)) ?? false);
  }

  add(request: BlockedRequest): void {
    this.#looks.set(request, 0);
    this.#host.clock.arm();
  }

  #look(look: Look): boolean {
    const { session, rules, onFinding } = this.#host;
    // Each of them looks again and again whether the connections are closed.
    const polling = this.#looks.size;
    for (const [request, before] of this.#looks) {
      const looks = before + 1;
      const openedAt = request.openedAt();
      this.#looks.set(request, looks);
      if (!request.isPending() || openedAt.length === 0) this.#looks.delete(request);
      else if (look.outlasts(looks, polling)) {
        this.#looks.delete(request);
        const waiter = callerName(session.main, [request.stack]);
        onFinding(stuckFinding(unclosed(request, openedAt, waiter), rules, session.now));
      }
    }
    return this.#looks.size > 0;
  }
}

function unclosed(
  { label, database, stack }: BlockedRequest,
  openedAt: readonly (Stack | null)[],
  waiter: string,
): Stuck {
  const [count, are] = openedAt.length === 1 ? ['a connection', 'is'] : [`${openedAt.length} connections`, 'are'];
  return {
    message: `${waiter} waits for ${label} of the database ${database}, which cannot go on before ${count} to it ${are} closed, and nobody closes ${openedAt.length === 1 ? 'it' : 'them'}`,
    help: [
      'Close the connection before: db.close().',
      'Or let its owner close it when it is asked to: in the event versionchange, which is `blocking` of idb.',
    ],
    openWaits: [
      {
        contextName: waiter,
        label,
        className: `connections to ${database}`,
        objectLabel: `the close of ${count} to ${database}`,
        stack,
        owners: openedAt.map((opened) => ({ contextName: 'its owner', startLabel: 'open', stack: opened })),
      },
    ],
  };
}
