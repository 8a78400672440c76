import { AsyncLocalStorage } from 'node:async_hooks';
import type { Attribution, Callback } from '../../src/core/attribution.ts';
import type { Context } from '../../src/core/context.ts';
import type { EventContext } from '../../src/core/event-context.ts';
import type { Fiber } from '../../src/core/fiber.ts';
import type { History } from '../../src/core/history.ts';
import { Nests } from '../../src/core/nest.ts';
import { type Known, PassingHolds } from '../../src/core/passing-holds.ts';
import type { Session } from '../../src/core/session.ts';
import type { Observer } from '../../src/core/vocabulary.ts';
import { Wait } from '../../src/core/wait.ts';
import { NODE_MAJOR } from '../process/node-major.ts';
import { WaiterPlaces } from './waiter-places.ts';

/**
 * Where a storage costs an `await` nothing: Node 24 and later, unless they are told to do without context frames. Where there are
 * none, a storage that is first used in the middle of a reaction leaks to whatever runs beside.
 */
export const HAS_CHEAP_STORAGE: boolean =
  NODE_MAJOR >= 24 &&
  ![...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].some((arg) => arg.includes('no-async-context-frame'));

interface Knowing extends Known {
  /** True when there is nothing more to learn from what is owed having had to wait for what was passed. */
  knows(owed: EventContext, passed: EventContext): boolean;
}

const NOTHING_KNOWN: Knowing = Object.freeze({ knows: () => false, reopened: 0 });
/** What is owed, at most, that is looked at to find out whether a wait need not be carried. */
const MOST_OWED = 16;

/**
 * Attribution without promise hooks. Who gives back what it had waited for shows that it has come after that wait; so does
 * whatever it runs or starts from there on. That is carried along, and nothing else: a hold that ends there depended on that
 * wait. What follows in another order is missed, and who holds what now is not known. Nothing is invented, unless code gives
 * back what other code has waited for and it has only found.
 */
export class LightAttribution implements Attribution, Observer {
  readonly followsSince = null;
  readonly skipsTaken = true;
  readonly #session: Session;
  readonly #known: Knowing;
  readonly #carries: boolean;
  readonly #places: WaiterPlaces;
  readonly #nests = new Nests();
  #storage: AsyncLocalStorage<History | null> | null = null;

  /** @param carries false: nothing is carried from one slice of code to the next */
  constructor(session: Session, known: Knowing = NOTHING_KNOWN, carries: boolean = HAS_CHEAP_STORAGE) {
    this.#session = session;
    this.#known = known;
    this.#carries = carries;
    this.#places = new WaiterPlaces(session.limits.maxStackFrames);
  }

  install(): void {
    this.#session.slice.source = () => this.#storage?.getStore() ?? null;
    this.#session.addObserver(this);
    this.#session.attribution = this;
    if (this.#carries) this.#session.passing = new PassingHolds(this.#session.histories, this.#nests, this.#known);
  }

  uninstall(): void {
    this.#session.passing = null;
    this.#session.removeObserver(this);
    this.#session.slice.source = null;
    this.#storage?.disable();
    this.#storage = null;
  }

  onTaken(held: EventContext): void {
    if (!this.#carries) return;
    const nest = this.#nests.of(held);
    // One that begins again is mostly in the same nest, and to look is cheaper than to write a reference.
    if (held.nest !== nest) held.nest = nest;
  }

  onEnter(_context: Context, held: EventContext): void {
    if (!held.context.exact) this.onTaken(held);
  }

  onExit(_context: Context, held: EventContext): void {
    const { histories } = this.#session;
    // Where nothing else is held nobody will ask, and where all is known it would teach nothing.
    if (!this.#carries || held.context.exact || histories.isOnly(held)) return;
    if (held.hasWait && this.#teachesNothing(held)) return;
    const { wait } = held;
    if (wait === null) return;
    this.#storage ??= new AsyncLocalStorage();
    const before = histories.fresh(this.#storage.getStore());
    this.#storage.enterWith(histories.join(before, histories.step(wait.fired ?? held.begin, wait)));
  }

  bind(promise: object, behind: Wait | EventContext): void {
    if (behind instanceof Wait && behind.stack !== null) this.#places.expect(promise, behind);
  }

  follow(): void {}

  restsOn(): void {}

  nothingLeft(): void {}

  owed(): null {
    return null;
  }

  quietly<T>(run: () => T): T {
    return run();
  }

  /** A pool that ends several tasks in one slice runs the code of one after that of another: neither comes after the other. */
  resume<T>(wait: Wait, run: () => T): T {
    return this.#runAs(wait.history, run);
  }

  stretch<T>(fiber: Fiber, run: () => T): T {
    return this.#runAs(fiber.history, () => {
      try {
        return run();
      } finally {
        fiber.history = this.#storage?.getStore() ?? null;
      }
    });
  }

  carry<T extends unknown[], R>(callback: Callback<T, R>): Callback<T, R> {
    return callback;
  }

  /** What is owed by then for longer would come after it. The rest began after what it had to wait for. */
  #teachesNothing(held: EventContext): boolean {
    return held.nest?.knownAt === this.#known.reopened || this.#asksForEach(held);
  }

  #asksForEach(held: EventContext): boolean {
    const { nest } = held;
    let older = 0;
    const isKnown = this.#session.histories.everyOlder(held, MOST_OWED, (owed) => {
      older++;
      return this.#known.knows(owed, held);
    });
    // Of what has ended meanwhile nothing was asked.
    if (isKnown && nest?.depth === older) nest.knownAt = this.#known.reopened;
    return isKnown;
  }

  /** The storage may be made by what runs. */
  #runAs<T>(history: History | null, run: () => T): T {
    const before = this.#storage?.getStore() ?? null;
    this.#storage?.enterWith(history);
    try {
      return run();
    } finally {
      this.#storage?.enterWith(before);
    }
  }
}
