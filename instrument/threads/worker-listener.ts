import { BroadcastChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { type EvidenceGraph, evidenceGraph } from '../../src/core/evidence-graph.ts';
import type { Finding, OpenWait } from '../../src/core/finding.ts';
import { commonGates } from '../../src/tracker/common-gates.ts';
import { MergedGraph } from '../../src/tracker/merged-graph.ts';
import type { Config } from '../config.ts';
import type { Installation } from '../install.ts';
import { ProcessorUse } from '../process/processor-use.ts';
import type { SharedWaits } from './shared-waits.ts';
import { ThreadCircles } from './thread-circles.ts';
import { CHANNEL, QUESTIONS, type ThreadMessage } from './thread-messages.ts';
import { isOfNode, ThreadWaits } from './thread-waits.ts';

/** Threads of which it is remembered what they have learnt, those that have learnt something last: each is compared with all others. */
const MAX_GRAPHS = 64;

/**
 * What the main thread hears of its workers: their findings become its own, and circles that only several threads
 * together show are reported. A process without workers has no channel. Keeps no event loop alive.
 */
export class WorkerListener {
  readonly #installation: Installation;
  readonly #rules: Config['rules'];
  readonly #read: (line: string) => Finding;
  readonly #graphs = new Map<number, EvidenceGraph>();
  readonly #waits = new ThreadWaits();
  readonly #circles: ThreadCircles;
  #channel: BroadcastChannel | null = null;
  #questions: BroadcastChannel | null = null;
  #hasNews = false;
  readonly #told = new Set<string>();

  /** @param read a finding from its line */
  constructor(
    installation: Installation,
    rules: Config['rules'],
    shared: SharedWaits,
    read: (line: string) => Finding,
  ) {
    this.#installation = installation;
    const use = new ProcessorUse();
    this.#circles = new ThreadCircles({
      own: () => shared.stand(null),
      ask: (question) => this.#questions?.postMessage(question),
      onFinding: installation.report,
      now: () => installation.session.now,
      isIdle: () => use.isIdle(),
    });
    this.#rules = rules;
    this.#read = read;
    process.on('worker', (worker) => {
      if (isOfNode(worker)) return;
      this.#waits.started(worker);
      this.#listen();
    });
  }

  /** The waits that have stood for long in workers. */
  get openWaits(): readonly OpenWait[] {
    return this.#waits.all();
  }

  /** Reports what the threads show together, if one of them has learnt something or waits for another one. */
  look(): void {
    if (this.#channel === null) return;
    for (let next = receive(this.#channel); next !== undefined; next = receive(this.#channel)) this.#hear(next.message);
    if (this.#hasNews) this.#merge();
    this.#circles.look(this.#waits.running());
  }

  #listen(): void {
    if (this.#channel !== null) return;
    this.#channel = new BroadcastChannel(CHANNEL);
    this.#channel.onmessage = (event) => this.#hear((event as { data: ThreadMessage }).data);
    (this.#channel as unknown as { unref(): void }).unref();
    this.#questions = new BroadcastChannel(QUESTIONS);
    (this.#questions as unknown as { unref(): void }).unref();
  }

  #hear(message: ThreadMessage): void {
    if ('line' in message) this.#installation.adopt(this.#read(message.line));
    else if ('waits' in message) {
      this.#waits.tell(message.thread, message.waits === null ? [] : this.#read(message.waits).openWaits);
    } else if ('stand' in message) this.#circles.hear(message.stand);
    else {
      this.#graphs.delete(message.thread);
      this.#graphs.set(message.thread, message.graph);
      const [oldest] = this.#graphs.keys();
      if (oldest !== undefined && this.#graphs.size > MAX_GRAPHS) this.#graphs.delete(oldest);
      this.#hasNews = true;
    }
  }

  #merge(): void {
    this.#hasNews = false;
    const { store } = this.#installation.tracker;
    const own = evidenceGraph(store, commonGates(store));
    for (const finding of new MergedGraph([own, ...this.#graphs.values()]).circles(this.#rules)) {
      if (this.#told.has(finding.fingerprint)) continue;
      this.#told.add(finding.fingerprint);
      if (!this.#installation.findings.some(({ fingerprint }) => fingerprint === finding.fingerprint)) {
        this.#installation.report(finding);
      }
    }
  }
}

/** What has come and was not delivered yet: at the end of the process nothing is any more. */
function receive(channel: BroadcastChannel): { readonly message: ThreadMessage } | undefined {
  return receiveMessageOnPort(channel as unknown as MessagePort) as { readonly message: ThreadMessage } | undefined;
}
