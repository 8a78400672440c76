import type { Finding } from '../../src/core/finding.ts';
import type { Tick } from '../../src/core/ids.ts';
import { circleOfThreads, type Step, threadDeadlock } from './thread-circle.ts';
import type { ThreadStand } from './thread-stand.ts';

/** Looks that a circle must outlast, every thread quiet at each: three seconds. */
const LOOKS = 12;

export interface ThreadCirclesOptions {
  /** How the main thread stands now. */
  readonly own: () => ThreadStand;
  /** Asks all workers how they stand. */
  readonly ask: (question: number) => void;
  readonly onFinding: (finding: Finding) => void;
  readonly now: () => Tick;
  /** True when no thread has computed since the last look. */
  readonly isIdle: () => boolean;
}

/**
 * Threads that wait for each other. Workers tell of waits that have lasted; when those make a circle, each running worker is
 * asked again and again how it stands. It is told of once it has outlasted that while no thread could do anything else and
 * none computed: then nobody is left who could break it.
 */
export class ThreadCircles {
  readonly #options: ThreadCirclesOptions;
  readonly #stands = new Map<number, ThreadStand>();
  readonly #told = new Set<string>();
  #suspected = '';
  #looks = 0;
  #question = 0;

  constructor(options: ThreadCirclesOptions) {
    this.#options = options;
  }

  hear(stand: ThreadStand): void {
    this.#stands.set(stand.thread, stand);
  }

  /** @param running the workers that run now */
  look(running: readonly number[]): void {
    const isIdle = this.#options.isIdle();
    for (const thread of this.#stands.keys()) if (!running.includes(thread)) this.#stands.delete(thread);
    // Its own waits are looked through each time, or those that are over would be kept.
    const own = this.#options.own();
    if (![...this.#stands.values()].some(({ waits }) => waits.length > 0)) return;
    const circle = circleOfThreads([own, ...this.#stands.values()]);
    if (circle === null) {
      this.#looks = 0;
      return;
    }
    const suspected = circle.map(({ thread, wait }) => `${thread}:${wait.id}`).join(' ');
    if (suspected !== this.#suspected) this.#looks = 0;
    this.#suspected = suspected;
    if (this.#told.has(suspected)) return;
    const stands = running.map((thread) => this.#stands.get(thread));
    const isStill = isIdle && own.isQuiet && stands.every((stand) => stand?.isQuiet !== false);
    // Only who holds a lock can give it back, whatever else goes on; Node spins while threads wait for each other's.
    if (isStill || circle.every(({ wait }) => wait.wanted.kind === 'lock')) this.#judge(circle, stands);
    else this.#askAgain(0);
  }

  #judge(circle: readonly Step[], stands: readonly (ThreadStand | undefined)[]): void {
    const haveAnswered = stands.every((stand) => stand?.isBlocked === true || stand?.answers === this.#question);
    const looks = this.#looks + (haveAnswered && this.#question > 0 ? 1 : 0);
    if (looks < LOOKS) {
      this.#askAgain(looks);
      return;
    }
    this.#told.add(this.#suspected);
    this.#options.onFinding(threadDeadlock(circle, this.#options.now()));
  }

  #askAgain(looks: number): void {
    this.#looks = looks;
    this.#options.ask(++this.#question);
  }
}
