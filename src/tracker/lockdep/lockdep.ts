import type { Context } from '../../core/context.ts';
import type { EventContext } from '../../core/event-context.ts';
import { LOCK } from '../../core/how.ts';
import type { Tick } from '../../core/ids.ts';
import type { IrqType } from '../../core/irq.ts';
import type { Session } from '../../core/session.ts';
import type { Misuse, Observer } from '../../core/vocabulary.ts';
import type { Wait } from '../../core/wait.ts';
import { type Chain, ChainCache, type ChainVerdict, type MixStep } from './chain-cache.ts';
import { Findings, lockView } from './findings.ts';
import { describeLock, type HeldLock, NOT_YET } from './held-lock.ts';
import { HeldLocks } from './held-locks.ts';
import { IrqUsage } from './irq-usage.ts';
import { type ClassFault, LockClasses, MAX_SUBCLASSES } from './lock-class.ts';
import { LockGraph } from './lock-graph.ts';
import { reportBadUnlock, reportMisuse } from './lock-misuse.ts';
import { LockOrder } from './lock-order.ts';
import { KERNEL_LIMITS, type LockdepLimits } from './lockdep-limits.ts';
import { checkNestLock, checkRecursion, mergesInto } from './recursion.ts';
import type { LockdepListener } from './report.ts';

export type { LockdepReport } from './report.ts';

import { checkWaitContext } from './wait-context.ts';

export interface LockdepOptions {
  readonly onReport: LockdepListener;
  /** Goes on after the first report, each finding once. Default: off after the first, as the kernel (`debug_locks_off`). */
  readonly keepGoing?: boolean;
  readonly limits?: Partial<LockdepLimits>;
  /** The mixing step of the chain hash; for tests of collisions. */
  readonly chainMix?: MixStep;
}

/** The figures of `/proc/lockdep_stats`. */
export interface LockdepStats {
  readonly classes: number;
  /** Entries of the dependency lists, two for each order known. */
  readonly entries: number;
  readonly chains: number;
  readonly chainHits: number;
  readonly chainMisses: number;
  readonly chainHlocks: number;
}

/**
 * The rules of Linux lockdep on the hook points DEPT listens to: who holds which locks, in which order classes are
 * taken, in which interrupts, and what may sleep where (kernel/locking/lockdep.c,
 * Documentation/locking/lockdep-design.rst). It sees locks only. A completion, a folio lock, a semaphore or an event
 * has no owner, so a deadlock through one of them passes unseen: that is what DEPT adds.
 *
 * A chain of held locks that was seen before costs one look-up; a new one O(classes + edges).
 */
export class Lockdep implements Observer {
  readonly #limits: LockdepLimits;
  readonly #classes: LockClasses;
  readonly #graph: LockGraph;
  readonly #chains: ChainCache;
  readonly #findings: Findings;
  readonly #held: HeldLocks;
  readonly #usage: IrqUsage;
  readonly #order: LockOrder;
  /** The chain being looked up; one list for all of them. */
  readonly #chain: number[] = [];
  /** The last wait and its lock, which is held when the wait is granted. */
  #waitingFor: Wait | null = null;
  #waiting: HeldLock | null = null;

  /** @param session where stacks and logical time come from; add the observer to it with `addObserver` */
  constructor(session: Session, options: LockdepOptions) {
    this.#limits = { ...KERNEL_LIMITS, ...options.limits };
    this.#classes = new LockClasses(this.#limits.MAX_LOCKDEP_KEYS);
    this.#graph = new LockGraph(this.#limits.MAX_LOCKDEP_ENTRIES);
    this.#chains = new ChainCache(
      this.#limits.MAX_LOCKDEP_CHAINS,
      this.#limits.MAX_LOCKDEP_CHAIN_HLOCKS,
      options.chainMix,
    );
    this.#findings = new Findings(session, options.keepGoing ?? false, options.onReport);
    this.#held = new HeldLocks(this.#classes);
    this.#usage = new IrqUsage(this.#findings);
    this.#order = new LockOrder(session, this.#graph, this.#findings);
  }

  /** False once a report has turned it off (`debug_locks`). */
  get on(): boolean {
    return this.#findings.on;
  }

  get stats(): LockdepStats {
    const { chains, hits, misses, hlocks } = this.#chains.stats;
    const { size: classes } = this.#classes;
    return {
      classes,
      entries: this.#graph.entries,
      chains,
      chainHits: hits,
      chainMisses: misses,
      chainHlocks: hlocks,
    };
  }

  /** lock_acquire: the checks come before the lock can block. */
  onWait(context: Context, wait: Wait): void {
    if (!this.on || wait.how.trylock || wait.how.sleeps) return;
    const next = this.#known(context, describeLock(this.#classes, wait, false, NOT_YET));
    this.#waiting = next;
    this.#waitingFor = wait;
    if (next !== null) this.#acquire(context, this.#held.of(context), next);
  }

  /** A trylock that succeeded, or a section that begins without waiting (rcu_read_lock); a granted wait is checked already. */
  onEnter(context: Context, hold: EventContext): void {
    if (!this.on || this.#classes.kindOf(hold.object) === null || this.#held.goesOn(hold)) return;
    const asked = hold.wait !== null && hold.wait === this.#waitingFor && hold.how === hold.wait.how;
    const lock = asked
      ? this.#waiting
      : this.#known(context, describeLock(this.#classes, hold, hold.wait === null, hold.begin));
    if (lock === null) return;
    if (hold.wait === null) this.#acquire(context, this.#held.before(context, hold), lock);
    this.#held.begin(context, hold, lock);
  }

  /** lock_release. A lock belongs to the context that took it. */
  onExit(context: Context, hold: EventContext, at: Tick): void {
    if (!this.on || this.#classes.kindOf(hold.object) === null) return;
    const owner = hold.context;
    if (context !== owner && context.exact && owner.exact) {
      const lock = this.#held.lockOf(hold);
      if (lock !== null) reportBadUnlock(this.#findings, context, this.#held.of(context), lock);
    }
    this.#held.end(hold, at);
  }

  onHandover(from: Context, to: Context, hold: EventContext): void {
    if (this.on && this.#classes.kindOf(hold.object) !== null) this.#held.handOver(from, to, hold);
  }

  /** Locks held while interrupts go on can be interrupted from now on. */
  onIrqEnable(context: Context, irq: IrqType): void {
    if (this.on) this.#usage.enabled(context, this.#held.of(context), irq);
  }

  onMisuse(context: Context, misuse: Misuse): void {
    if (!this.on) return;
    const held = this.#held.of(context);
    reportMisuse(this.#findings, { context, misuse, held, lock: this.#lockOf(misuse, held) });
  }

  /** The order of __lock_acquire: merging, wait context, usage, nest lock, recursion and order, depth. */
  #acquire(context: Context, held: readonly HeldLock[], next: HeldLock): void {
    if (mergesInto(held.at(-1), next)) return;
    if (!checkWaitContext(this.#findings, context, held, next)) return;
    if (next.lockClass.kind.validated) {
      if (!this.#usage.taken(context, held, next)) return;
      if (!checkNestLock(this.#findings, context, held, next)) return;
      if (!next.trylock && !this.#validateChain(context, held, next)) return;
    }
    if (depthOf(held) + 1 >= this.#limits.MAX_LOCK_DEPTH) this.#tooLow(context, 'MAX_LOCK_DEPTH');
  }

  /** validate_chain. A nesting that an outer lock makes safe adds no order, and is no proof for one without that lock. */
  #validateChain(context: Context, held: readonly HeldLock[], next: HeldLock): boolean {
    if (next.group !== null) {
      const recursion = checkRecursion(this.#findings, context, held, next);
      if (recursion !== 'none') return recursion === 'nested';
    }
    const verdict = this.#chains.lookup(this.#chainOf(held, next));
    if (verdict === 'known') return true;
    if (verdict !== 'new') return this.#chainFault(context, held, next, verdict);
    if (checkRecursion(this.#findings, context, held, next) === 'reported') return false;
    const order = this.#order.taken(context, held, next);
    if (order === 'full') this.#tooLow(context, 'MAX_LOCKDEP_ENTRIES');
    return order === 'fine';
  }

  /** The locks of the chain, each with the way it is held: a chain with a reader is another one than with a writer. */
  #chainOf(held: readonly HeldLock[], next: HeldLock): Chain {
    const chain = this.#chain;
    chain.length = 0;
    for (const lock of held) chain.push(hlockId(lock));
    chain.push(hlockId(next));
    return chain;
  }

  #chainFault(context: Context, held: readonly HeldLock[], next: HeldLock, fault: ChainVerdict): false {
    if (fault === 'too-many-chains') this.#tooLow(context, 'MAX_LOCKDEP_CHAINS');
    else if (fault === 'too-many-chain-hlocks') this.#tooLow(context, 'MAX_LOCKDEP_CHAIN_HLOCKS');
    else {
      this.#findings.report(context, held, {
        kind: 'chain-collision',
        title: 'WARNING: chain_key collision',
        lock: lockView(next),
        detail: "Hash chain already cached but the contents don't match!",
        stack: next.stack,
        key: `${next.lockClass.id}`,
      });
    }
    return false;
  }

  #known(context: Context, lock: HeldLock | ClassFault | null): HeldLock | null {
    if (lock === 'too-many-classes') this.#tooLow(context, 'MAX_LOCKDEP_KEYS');
    else if (lock === 'invalid-subclass') {
      this.#limit(context, 'BUG: looking up invalid subclass', `there are ${MAX_SUBCLASSES}, from 0`);
    } else return lock;
    return null;
  }

  /** The lock of a misuse as the context or anybody holds it; without a holder, as it would be taken. */
  #lockOf(misuse: Misuse, held: readonly HeldLock[]): HeldLock | null {
    const { object } = misuse;
    if (object === null) return null;
    const own = held.find((lock) => lock.object === object);
    if (own !== undefined) return own;
    const lock = describeLock(this.#classes, { object, how: LOCK, more: null, stack: null }, false, NOT_YET);
    return typeof lock === 'string' ? null : lock;
  }

  #tooLow(context: Context, limit: keyof LockdepLimits): void {
    this.#limit(context, `BUG: ${limit} too low!`, `${limit} is ${this.#limits[limit]}`);
  }

  #limit(context: Context, title: string, detail: string): void {
    this.#findings.report(context, this.#held.of(context), { kind: 'limit', title, detail, key: title });
  }
}

function hlockId(lock: HeldLock): number {
  return lock.lockClass.id * 4 + lock.read;
}

/** What of it takes a place of its own on the held stack. */
function depthOf(held: readonly HeldLock[]): number {
  let depth = 0;
  for (let i = 0; i < held.length; i++) if (!mergesInto(held[i - 1], held[i] as HeldLock)) depth++;
  return depth;
}
