import type { RuleSet } from '../../src/core/finding.ts';
import type { Session } from '../../src/core/session.ts';
import { AgentSockets } from './agent-sockets.ts';
import { watchAtomicsWait } from './atomics-wait.ts';
import { AwaitedEvents } from './awaited-events.ts';
import { BlockedDatabases, followDatabases } from './blocked-databases.ts';
import { getBuiltinModule, whenLoaded } from './builtins.ts';
import { ChildProcesses } from './child-processes.ts';
import { followClients } from './client-sockets.ts';
import { EmittedEvents } from './emitted-events.ts';
import { watchEventsOnce } from './events-once.ts';
import { HttpServers } from './http-server.ts';
import { followPackages, LateWaits } from './late-waits.ts';
import { LentSockets } from './lent-sockets.ts';
import { watchModuleCircles } from './module-circle.ts';
import type { NodeHost } from './node-host.ts';
import { OwnExchanges } from './own-exchanges.ts';
import { replaceFetch, watchOwnFetches } from './own-fetches.ts';
import { OwnHttp2 } from './own-http2.ts';
import { watchOwnAnswers, watchOwnRequests } from './own-requests.ts';
import { watchSignalTimeouts } from './signal-timeouts.ts';
import { StallClock } from './stall-clock.ts';
import { followWorkers, StartedWorkers } from './started-workers.ts';
import { watchStreamCopies } from './stream-copies.ts';
import type { StreamClasses } from './stream-links.ts';
import { followUndici, UndiciConnections } from './undici-connections.ts';
import { UndiciRequests } from './undici-requests.ts';
import { NODE_STREAMS, UnreadStreams } from './unread-streams.ts';
import { watchWebLocks } from './web-locks.ts';
import { watchWebStreams } from './web-streams.ts';

export interface WatchOptions {
  readonly clock?: StallClock;
  /** True where no module of the program is loaded yet, so that what it will use can be read in them. False if not given. */
  readonly precedesProgram?: boolean;
}

/**
 * Watches what of Node itself can hang a program: each part patches its builtin, the first time it is used where it may
 * never be. @returns what takes everything off again
 */
export function watchNode(
  session: Session,
  rules: RuleSet,
  onFinding: NodeHost['onFinding'],
  { clock = new StallClock(), precedesProgram = false }: WatchOptions = {},
): () => void {
  const host: NodeHost = { session, rules, clock, onFinding };
  const emitted = new EmittedEvents(session);
  const children = new ChildProcesses(host);
  const undici = new UndiciRequests(host);
  const waits = new LateWaits(host, emitted);
  const workers = new StartedWorkers(host);
  const awaited = new AwaitedEvents(session.limits.maxStackFrames);
  const unread = new UnreadStreams(host, children, awaited);
  const watchStreams = (classes: StreamClasses): (() => void) => unread.watch(classes);
  const undo = [
    emitted.install(),
    watchEventsOnce(host, waits, awaited),
    followPackages(waits),
    followDatabases(new BlockedDatabases(host)),
    watchModuleCircles(host),
    () => children.stop(),
    followClients(),
    watchStreams(NODE_STREAMS),
    watchStreamCopies(watchStreams),
    replaceFetch(),
    watchHttp(host, undici),
    () => undici.stop(),
    watchSignalTimeouts(),
    watchWebLocks(),
    watchWebStreams(host, precedesProgram),
    followWorkers(workers),
    watchAtomicsWait(host, workers),
    () => clock.stop(),
  ];
  return () => {
    for (const restore of undo.splice(0).reverse()) restore();
  };
}

function watchHttp(host: NodeHost, undici: UndiciRequests): () => void {
  const sockets = new LentSockets(host);
  const agents = new AgentSockets(host, sockets);
  const http = (): typeof import('node:http') => getBuiltinModule('node:http');
  const exchanges = new OwnExchanges(
    host,
    (own) => together([watchOwnRequests(http(), host, own), watchOwnFetches(host, own)]),
    () => together([watchOwnAnswers(http()), servers.watchFirstParts(http())]),
  );
  const servers = new HttpServers(host, sockets, exchanges);
  const unwatch = whenLoaded({
    http: (loaded: typeof import('node:http')) =>
      together([agents.watch(loaded), servers.watchServers(loaded), servers.watchResponses(loaded)]),
    https: (https: typeof import('node:https')) => servers.watchServers(https),
  });
  const unwatchHttp2 = new OwnHttp2(host, exchanges).watchWhenUsed();
  const unfollow = followUndici(new UndiciConnections(host, sockets, undici));
  return () => {
    exchanges.stop();
    unfollow();
    unwatchHttp2();
    unwatch();
    sockets.stop();
  };
}

/** @returns what restores all of them, the last one first */
function together(undo: readonly (() => void)[]): () => void {
  return () => {
    for (const restore of undo.toReversed()) restore();
  };
}
