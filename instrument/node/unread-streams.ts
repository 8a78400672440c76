import Stream from 'node:stream';
import type { Stuck } from '../../src/tracker/stuck.ts';
import { stuckFinding } from '../../src/tracker/stuck.ts';
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
import { unreadBranch, unreadOutput, unreadPart } from './unread-reports.ts';

/** A stream that was full when nobody read it. */
interface Candidate {
  readonly stream: WeakRef<StreamLike>;
  /** The same until the first look: at the end of a short program nobody else may have it any more. */
  kept: StreamLike | null;
  length: number;
  looks: number;
}

/**
 * Finds waits that last until somebody reads: a stream is full, nobody has begun to read it, its source is stopped, and
 * something else that this source feeds or ends is waited for. A full stream that nobody waits for is left alone.
 */
export class UnreadStreams {
  readonly #host: NodeHost;
  readonly #children: ChildProcesses;
  readonly #links: StreamLinks;
  readonly #candidates = new Map<WeakRef<StreamLike>, Candidate>();
  readonly #known = new WeakSet<StreamLike>();

  constructor(host: NodeHost, children: ChildProcesses) {
    this.#host = host;
    this.#children = children;
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
    const ref = new WeakRef(stream);
    this.#candidates.set(ref, { stream: ref, kept: stream, length: -1, looks: 0 });
    this.#host.clock.arm();
  }

  #look(look: Look): boolean {
    for (const candidate of this.#candidates.values()) {
      const stream = candidate.stream.deref();
      candidate.kept = null;
      if (stream === undefined || !isFull(stream) || !hasNoReader(stream)) this.#drop(candidate, stream);
      else if (this.#outlasts(candidate, stream, look)) {
        const unread = this.#explain(stream);
        if (unread === null) continue;
        this.#candidates.delete(candidate.stream);
        this.#host.onFinding(stuckFinding(unread, this.#host.rules, this.#host.session.now));
      }
    }
    return this.#candidates.size > 0;
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
  #explain(unread: StreamLike): Stuck | null {
    const owner = this.#children.ownerOf(unread);
    if (owner !== null) {
      const event = ['exit', 'close'].find((name) => owner.child.listenerCount(name) > 0);
      if (event !== undefined) return unreadOutput(owner, event);
      // It takes no more of its input either, as it cannot write.
      return isDrainAwaited(owner.child.stdin) ? unreadOutput(owner, 'drain') : null;
    }
    const seen = new Set<StreamLike>();
    const open = [unread];
    for (const stream of open) {
      if (seen.has(stream)) continue;
      seen.add(stream);
      const event = stream === unread || !isStuckWriting(stream) ? null : this.#awaited(stream);
      const ownEvent = stream === unread && isStuckWriting(stream) ? this.#awaited(stream) : null;
      const found = event ?? ownEvent;
      if (found !== null) return unreadPart(streamName(stream), found, streamName(unread), stream === unread);
      for (const { source, stack } of this.#sourcesOf(stream)) {
        const starved = sinksOf(source).find((sink) => sink !== stream && isStarved(sink));
        if (starved !== undefined) {
          const [pipe] = this.#links.pipesInto(starved).filter((each) => each.source.deref() === source);
          return unreadBranch(
            streamName(source),
            [streamName(starved), pipe?.stack ?? null],
            [streamName(unread), stack],
          );
        }
        const sourceEvent = this.#awaited(source);
        if (sourceEvent !== null) return unreadPart(streamName(source), sourceEvent, streamName(unread), false);
        open.push(source);
      }
      const feeder = this.#links.feederOf(stream);
      if (feeder !== null) open.push(feeder);
    }
    return null;
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
function isDrainAwaited(stream: StreamLike | null): boolean {
  return stream !== null && isStuckWriting(stream) && stream.listenerCount('drain') > 0;
}

/** Node's own classes. */
export const NODE_STREAMS: StreamClasses = Stream as unknown as StreamClasses;
