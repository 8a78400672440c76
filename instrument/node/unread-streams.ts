import type { EventEmitter } from 'node:events';
import Stream from 'node:stream';
import type { Stack } from '../../src/core/stack.ts';
import { callerName } from '../../src/tracker/caller-names.ts';
import type { Stuck } from '../../src/tracker/stuck.ts';
import { stuckFinding } from '../../src/tracker/stuck.ts';
import { OwnWeakRef } from '../own-weak-ref.ts';
import type { AwaitedEvents } from './awaited-events.ts';
import type { ChildProcesses } from './child-processes.ts';
import { type NodeHost, observed } from './node-host.ts';
import type { Look } from './stall-clock.ts';
import { type Pipe, type StreamClasses, StreamLinks } from './stream-links.ts';
import {
  awaitedEvent,
  awaitedWrite,
  hasNoReader,
  isFull,
  isStarved,
  isStuckWriting,
  isTransform,
  type StreamLike,
  sinksOf,
  streamName,
} from './stream-state.ts';
import { unreadBranch, unreadOutput, unreadPart, type Waiter } from './unread-reports.ts';

/** A stream that was full when nobody read it. */
interface Candidate {
  readonly stream: WeakRef<StreamLike>;
  /** The same until the first look: at the end of a short program nobody else may have it any more. */
  kept: StreamLike | null;
  length: number;
  looks: number;
}

/** Why nobody goes on. */
interface Explanation {
  /** The event that somebody waits for; null where that is known otherwise. */
  readonly awaited: readonly [emitter: EventEmitter, event: string] | null;
  readonly tell: (waiter: Waiter) => Stuck;
}

/**
 * Finds waits that last until somebody reads: a stream is full, nobody has begun to read it, its source is stopped, and
 * something else that this source feeds or ends is waited for. A full stream that nobody waits for is left alone.
 */
export class UnreadStreams {
  readonly #host: NodeHost;
  readonly #children: ChildProcesses;
  readonly #events: AwaitedEvents;
  readonly #links: StreamLinks;
  readonly #candidates = new Map<WeakRef<StreamLike>, Candidate>();
  readonly #known = new WeakSet<StreamLike>();

  constructor(host: NodeHost, children: ChildProcesses, events: AwaitedEvents) {
    this.#host = host;
    this.#children = children;
    this.#events = events;
    this.#links = new StreamLinks(host.session, (stream) => this.#add(stream));
    host.clock.add((look) => observed(host, () => this.#look(look)) ?? false);
  }

  /** Watches streams of these classes. @returns what ends that */
  watch(classes: StreamClasses): () => void {
    return this.#links.watch(classes);
  }

  #add(stream: StreamLike): void {
    if (this.#known.has(stream)) return;
    this.#known.add(stream);
    const ref = new OwnWeakRef(stream);
    this.#candidates.set(ref, { stream: ref, kept: stream, length: -1, looks: 0 });
    this.#host.clock.arm();
  }

  #look(look: Look): boolean {
    for (const candidate of this.#candidates.values()) {
      const stream = candidate.stream.deref();
      candidate.kept = null;
      if (stream === undefined || !isFull(stream) || !hasNoReader(stream)) this.#drop(candidate, stream);
      else if (this.#outlasts(candidate, stream, look)) {
        const explanation = this.#explain(stream);
        if (explanation === null) continue;
        this.#candidates.delete(candidate.stream);
        this.#report(explanation);
      }
    }
    return this.#candidates.size > 0;
  }

  #report({ awaited, tell }: Explanation): void {
    const { session, rules, onFinding } = this.#host;
    const report = (stack: Stack | null): void => {
      const name = stack === null ? 'a listener' : callerName(session.main, [stack]);
      observed(this.#host, () => onFinding(stuckFinding(tell({ name, stack }), rules, session.now)));
    };
    if (awaited === null) report(null);
    else this.#events.placeOf(...awaited, report);
  }

  #drop({ stream: ref }: Candidate, stream: StreamLike | undefined): void {
    this.#candidates.delete(ref);
    if (stream !== undefined) this.#known.delete(stream);
  }

  /** A stream that still fills is no reason to worry. */
  #outlasts(candidate: Candidate, stream: StreamLike, look: Look): boolean {
    const length = stream._readableState?.length ?? 0;
    candidate.looks = length === candidate.length ? candidate.looks + 1 : 1;
    candidate.length = length;
    return look.outlasts(candidate.looks);
  }

  /** What waits for this stream to be read, or null. */
  #explain(unread: StreamLike): Explanation | null {
    const owner = this.#children.ownerOf(unread);
    if (owner !== null) {
      const { child } = owner;
      const event = ['exit', 'close'].find((name) => child.listenerCount(name) > 0);
      if (event !== undefined) {
        return { awaited: [child, event], tell: (waiter) => unreadOutput(owner, event, waiter) };
      }
      // It takes no more of its input either, as it cannot write.
      if (child.stdin === null || !isDrainAwaited(child.stdin)) return null;
      return { awaited: [child.stdin, 'drain'], tell: (waiter) => unreadOutput(owner, 'drain', waiter) };
    }
    const seen = new Set<StreamLike>();
    const open = [unread];
    for (const stream of open) {
      if (seen.has(stream)) continue;
      seen.add(stream);
      const event = stream === unread || !isStuckWriting(stream) ? null : this.#awaited(stream);
      const ownEvent = stream === unread && isStuckWriting(stream) ? this.#awaited(stream) : null;
      const found = event ?? ownEvent;
      if (found !== null) return this.#endOf(stream, found, unread);
      for (const { source, stack } of this.#sourcesOf(stream)) {
        const starved = sinksOf(source).find((sink) => sink !== stream && isStarved(sink));
        if (starved !== undefined) {
          const [pipe] = this.#links.pipesInto(starved).filter((each) => each.source.deref() === source);
          const branches = unreadBranch(
            streamName(source),
            [streamName(starved), pipe?.stack ?? null],
            [streamName(unread), stack],
          );
          return { awaited: null, tell: () => branches };
        }
        const sourceEvent = this.#awaited(source);
        if (sourceEvent !== null) return this.#endOf(source, sourceEvent, unread);
        open.push(source);
      }
      const feeder = this.#links.feederOf(stream);
      if (feeder !== null) open.push(feeder);
    }
    return null;
  }

  #endOf(stream: StreamLike, event: string, unread: StreamLike): Explanation {
    const [name, unreadName] = [streamName(stream), streamName(unread)];
    const pipedAt = this.#links.pipesInto(stream).at(-1)?.stack ?? null;
    const isSame = stream === unread;
    return {
      awaited: [stream, event],
      tell: (waiter) => unreadPart([name, pipedAt], event, unreadName, isSame, waiter),
    };
  }

  /** Node listens to its own sockets and messages too: there a listener proves nothing. */
  #awaited(stream: StreamLike): string | null {
    const isNodes = /^(?:Socket|TLSSocket|IncomingMessage|ServerResponse|ClientRequest|ReadStream|WriteStream)$/;
    if (isNodes.test(streamName(stream))) return null;
    const pipesInto = this.#sourcesOf(stream).length;
    return awaitedEvent(stream, pipesInto) ?? (isTransform(stream) ? awaitedWrite(stream, pipesInto) : null);
  }

  /** The streams that are piped into this one now. */
  #sourcesOf(stream: StreamLike): readonly { readonly source: StreamLike; readonly stack: Pipe['stack'] }[] {
    return this.#links.pipesInto(stream).flatMap(({ source: ref, stack }) => {
      const source = ref.deref();
      return source !== undefined && sinksOf(source).includes(stream) ? [{ source, stack }] : [];
    });
  }
}

/** More was written than the stream takes, and somebody waits for that to be processed. */
function isDrainAwaited(stream: StreamLike): boolean {
  return isStuckWriting(stream) && stream.listenerCount('drain') > 0;
}

/** Node's own classes. */
export const NODE_STREAMS: StreamClasses = Stream as unknown as StreamClasses;
