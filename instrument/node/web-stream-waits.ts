import type { ReadableStream, WritableStream } from 'node:stream/web';
import { NEVER } from '../../src/core/ids.ts';
import type { Outcome } from '../../src/core/vocabulary.ts';
import type { Wait } from '../../src/core/wait.ts';
import * as hooks from '../../src/sync/hooks.ts';
import { callerName } from '../../src/tracker/caller-names.ts';
import { type Stuck, stuckFinding } from '../../src/tracker/stuck.ts';
import { OwnWeakRef } from '../own-weak-ref.ts';
import { howOf } from '../shapes/how.ts';
import { pending } from './late-waits.ts';
import { type NodeHost, observed } from './node-host.ts';
import type { Look } from './stall-clock.ts';
import { streamName } from './stream-state.ts';
import { type Requested, uncancelledBranch, unreadSide } from './unread-web-reports.ts';
import type { WebStreamLinks } from './web-stream-links.ts';

/** Promises of one writable that are looked at: a program that writes ahead makes one for each chunk. */
const MAX_PENDING = 16;

/** A promise that somebody may wait for until a web stream is read. Keeps neither of them alive. */
interface WebWait {
  readonly stream: WeakRef<object>;
  readonly isPending: () => boolean;
  /** Sleeps once the promise is awaited. */
  readonly wait: Wait;
  /** Why it cannot go on now, or null. */
  readonly explain: (stream: object, waiter: Requested) => Stuck | null;
  looks: number;
}

/**
 * Waits for web streams that last until somebody reads: a chunk that was written, or the end of a pipe, behind which
 * nobody reads; the cancelling of one branch while the other one is there. Only promises that are awaited count.
 */
export class WebStreamWaits {
  readonly #host: NodeHost;
  readonly #links: WebStreamLinks;
  readonly #waits = new Set<WebWait>();
  readonly #ofStream = new WeakMap<object, WebWait[]>();
  readonly #known = new WeakSet<object>();
  readonly #told = new Set<string>();

  constructor(host: NodeHost, links: WebStreamLinks) {
    this.#host = host;
    this.#links = links;
    host.clock.add((look) => observed(host, () => this.#look(look)) ?? false);
  }

  /** Something that was written into `writable` is what this promise stands for. */
  writing(promise: unknown, writable: WritableStream, label: string): void {
    observed(this.#host, () => {
      if (!this.#links.isUnread(writable)) return;
      const stream = streamName(this.#links.transformOf(writable) ?? writable);
      this.#add(promise, writable, stream, label, this.#unread(stream, label));
    });
  }

  /** The promise stands for the cancelling of a branch. */
  cancelling(promise: unknown, branch: ReadableStream): void {
    observed(this.#host, () => {
      if (!this.#links.isBranch(branch)) return;
      this.#add(promise, branch, 'branch of tee()', 'cancel', this.#uncancelled);
    });
  }

  /** Made apart from where the stream and its promise are at hand: it would keep both alive. */
  #unread(stream: string, label: string): WebWait['explain'] {
    return (own, waiter) => {
      const unread = this.#links.stoppedBy(own as WritableStream);
      const isSame = unread === this.#links.transformOf(own as WritableStream);
      return unread === null ? null : unreadSide(waiter, label, stream, isSame ? null : streamName(unread));
    };
  }

  readonly #uncancelled: WebWait['explain'] = (own, waiter) =>
    this.#links.uncancelled(own as ReadableStream) === null ? null : uncancelledBranch(waiter);

  #add(promise: unknown, stream: object, name: string, label: string, explain: WebWait['explain']): void {
    if (!(promise instanceof Promise) || this.#known.has(promise)) return;
    const object = hooks.track({ kind: 'channel', name, site: null });
    const wait = hooks.wait(object, howOf(label, 'read'));
    if (wait === null) return;
    this.#known.add(promise);
    // Not bound: whoever goes on has behind him what let the stream take the chunk.
    void hooks.followAll(promise, [wait]);
    const isPending = pending(new OwnWeakRef(promise));
    const added: WebWait = { stream: new OwnWeakRef(stream), isPending, wait, explain, looks: 0 };
    const ofStream = (this.#ofStream.get(stream) ?? []).filter((each) => this.#waits.has(each));
    this.#ofStream.set(stream, ofStream);
    ofStream.push(added);
    this.#waits.add(added);
    const [oldest] = ofStream;
    if (oldest !== undefined && ofStream.length > MAX_PENDING) this.#end(oldest, 'cancelled');
    this.#host.clock.arm();
  }

  #look(look: Look): boolean {
    const { session, rules, onFinding } = this.#host;
    for (const each of this.#waits) {
      if (!each.isPending()) {
        this.#end(each, 'fired');
        continue;
      }
      const stuck = this.#explain(each);
      each.looks = stuck === null ? 0 : each.looks + 1;
      if (stuck === null || !look.outlasts(each.looks)) continue;
      // It has been told of: the end of the program need not tell of it again.
      this.#end(each, 'cancelled');
      if (!this.#isNew(each.wait, stuck)) continue;
      onFinding(stuckFinding(stuck, rules, session.now));
    }
    return this.#waits.size > 0;
  }

  #explain({ stream: ref, wait, explain }: WebWait): Stuck | null {
    const stream = ref.deref();
    if (stream === undefined || wait.blockedAt === NEVER) return null;
    return explain(stream, { name: callerName(wait.context, [wait.stack]), stack: wait.stack });
  }

  /** A server may make the same mistake in each of its requests: one place is told of once. */
  #isNew({ stack }: Wait, { message }: Stuck): boolean {
    const { path = '', line = 0, column = 0 } = stack?.frames[0] ?? {};
    const about = `${message}\u0000${path}:${line}:${column}`;
    const isNew = !this.#told.has(about);
    this.#told.add(about);
    return isNew;
  }

  #end(each: WebWait, outcome: Outcome): void {
    this.#waits.delete(each);
    hooks.waited(each.wait, outcome);
  }
}
