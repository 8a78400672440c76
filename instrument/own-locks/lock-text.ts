import { capacityIn } from './capacity-text.ts';
import { makesFunction, withoutClosures, withoutGiven } from './closures.ts';
import { functionAt } from './function-texts.ts';
import { handleIn } from './handle-text.ts';
import { Insertions } from './insertions.ts';
import { SERVED, waitsInLine } from './line-text.ts';
import type { LockCandidate, PartText } from './lock-candidate.ts';
import { functionsOf, type OwnLock } from './own-lock.ts';
import { PartCalls } from './part-calls.ts';
import { type Change, changesIn, isChangedAtOnce, isCounted, isState, oppositeOf } from './state-changes.ts';
import { followsField, givesResolver } from './tail-text.ts';
import { givesWhatItFinds, isAlwaysInLine, isLookedAt, keyOf, taskOf } from './task-text.ts';
import { ticketInsertions } from './ticket-text.ts';
import { CHANNEL, GIVING, SURELY_TAKING, TAKING, TRYING } from './vocabulary.ts';
import { type WaitLimits, waitLimits } from './wait-limits.ts';

/** A lock that was found in a text. */
export interface FoundLock {
  readonly lock: OwnLock;
  /** How many can have it: an expression of the object `o`. */
  readonly capacity: string;
  /** What ends a wait for it: expressions of its arguments and of the object `o`. */
  readonly limits: readonly string[];
  readonly insertions: Insertions;
}

/** Sleeps, and looks again. */
const POLLED =
  /\bnew\s+Promise\s*(?:<[^<>]*>)?\s*\(\s*\(?\s*([\w$]+)[^()]*\)?\s*=>\s*(?:\{\s*)?(?:setTimeout|setImmediate)\s*\(\s*\1\b[^()]*\)\s*;?\s*\}?\s*\)/g;
/** What nobody can tell from a text: who may have it twice, or beside others, or for how long it is waited for. */
const UNSURE =
  /\b(?:AsyncLocalStorage|getStore|setTimeout|timeout\w*|timers?|reentran\w*|recursive|\w*[oO]wner\w*|readers?|writers?|\w*[rR]eadLock|\w*[wW]riteLock|shared|AbortSignal|abort\w*|deadline)\b/;

/** The lock that a class is, as its text says; null for all that is none, and for what is not sure. */
export function lockIn(of: LockCandidate, self: string): FoundLock | null {
  if (!/\bnew\s+Promise\b|\bwithResolvers\b|\bonce\b|\bawait\b|\.\s*then\s*\(/.test(of.text)) return null;
  return new LockText(of, self).found();
}

class LockText {
  readonly #of: LockCandidate;
  readonly #reached = new Map<PartText, string>();
  /** What all of its functions change. */
  #known: ReadonlyMap<string, ReadonlySet<Change>> | null = null;
  readonly #self: string;
  readonly #calls: PartCalls;
  #limits: WaitLimits | null = null;

  constructor(of: LockCandidate, self: string) {
    this.#of = of;
    this.#self = self;
    this.#calls = new PartCalls(of.parts);
  }

  get #changes(): ReadonlyMap<string, ReadonlySet<Change>> {
    this.#known ??= changesIn(this.#of.parts.map(({ text }) => text).join('\n'));
    return this.#known;
  }

  found(): FoundLock | null {
    const found = this.#foundLock();
    if (found === null) return null;
    const limits = this.#limits;
    const names = new Set(functionsOf(found.lock));
    const parts = this.#of.parts.filter(({ name }) => names.has(name));
    const texts = parts.flatMap((part) => [this.#reach(part).replaceAll(POLLED, ''), ...part.parameters]);
    if (texts.some((text) => UNSURE.test(limits?.without(text) ?? text))) return null;
    return { ...found, limits: limits?.expressions ?? [] };
  }

  #foundLock(): Omit<FoundLock, 'limits'> | null {
    const runs = this.#of.parts.filter((method) => this.#isRun(method));
    const takers = this.#of.parts.filter(
      (method) =>
        !runs.includes(method) && this.#isTaking(method) && !runs.some((run) => this.#calls.leads(method, run)),
    );
    const inner = takers.filter((taker) => !takers.some((other) => other !== taker && this.#calls.leads(taker, other)));
    const [taker, another] = inner;
    if (another !== undefined) return null;
    if (taker === undefined) return this.#run(runs);
    return this.#taken(taker, [...runs, ...takers.filter((outer) => outer !== taker)]);
  }

  /**
   * A lock that is taken and given back.
   * @param others that wait for it
   */
  #taken(taker: PartText, others: readonly PartText[]): Omit<FoundLock, 'limits'> | null {
    const givers = this.#of.parts.filter(
      (method) => method !== taker && !this.#calls.leads(method, taker) && this.#givesBack(method, taker),
    );
    const called = givers.filter(
      (giver) => !givers.some((other) => other !== giver && this.#calls.leads(other, giver)),
    );
    const release = called.filter(({ isReplaceable }) => isReplaceable);
    // One that gives back what it has taken in another way.
    if (
      others.some(
        (other) => !this.#calls.leads(other, taker) && givers.some((giver) => this.#calls.leads(other, giver)),
      )
    )
      return null;
    // What calls a function inside of the one that makes them calls that itself, not what stands in for it.
    const outer = this.#of.parts.filter((part) => part.isReplaceable && taskOf(part, this.#of.text) !== null);
    const made = [...new Set([...others, ...outer])].filter(
      (run) => this.#of.kind !== 'made' && run !== taker && this.#calls.leads(run, taker),
    );
    const capacity = this.#isTail(taker) ? '1' : capacityIn(this.#of.text, this.#changes, this.#doneBy(taker), givers);
    const key = keyOf(taker, this.#reach(taker));
    if (capacity === null || this.#isResized(capacity) || key === null) return null;
    if (others.some((other) => !made.includes(other) && !this.#shareState(taker, other))) return null;
    if (!this.#isTail(taker)) this.#limits = waitLimits(taker, this.#reach(taker), (text) => this.#undoes(text));
    const lock: OwnLock = {
      acquire: [taker.name],
      ...key,
      ...namesOf('naming', made),
      ...namesOf(
        'run',
        others.filter((other) => !made.includes(other)),
      ),
    };
    if (release.length > 0)
      return { lock: { ...lock, ...namesOf('release', release) }, capacity, insertions: Insertions.NONE };
    // Nobody else is called so that he gives it back: what he has taken must be sure.
    if (!SURELY_TAKING.test(taker.name) && !this.#isTail(taker)) return null;
    const handle = handleIn(this.#reach(taker));
    if (handle.length > 0) return { lock: { ...lock, handle }, capacity, insertions: Insertions.NONE };
    const parts = [taker, ...this.#calls.from(taker)];
    const insertions = ticketInsertions(parts, {
      all: this.#of.parts,
      form: this.#isTail(taker) ? 'tail' : 'queue',
      self: this.#self,
    });
    return insertions === null ? null : { lock: { ...lock, isTicket: true }, capacity, insertions };
  }

  /** A lock that is held while a function runs. */
  #run(runs: readonly PartText[]): Omit<FoundLock, 'limits'> | null {
    const inner = runs.filter((run) => !runs.some((other) => other !== run && this.#calls.leads(run, other)));
    const [first, ...more] = inner;
    // Two lines of one object are two locks.
    if (first === undefined || more.some((run) => !this.#shareState(first, run))) return null;
    const reach = this.#reach(first);
    const capacity = this.#isTail(first) ? '1' : capacityIn(this.#of.text, this.#changes, reach);
    const key = keyOf(first, reach);
    if (capacity === null || this.#isResized(capacity) || key === null) return null;
    const outer = runs.filter((run) => !inner.includes(run));
    const task = taskOf(first, this.#of.text);
    const taskAt = task === null ? -1 : first.parameters.indexOf(task);
    // All of them are run in one way.
    if (runs.some((run) => run.parameters.indexOf(taskOf(run, this.#of.text) ?? '') !== taskAt && inner.includes(run)))
      return null;
    const lock =
      this.#of.kind === 'made'
        ? { ...namesOf('run', runs), taskAt, ...key }
        : { ...namesOf('run', inner), ...namesOf('naming', outer), taskAt, ...key };
    return { lock, capacity, insertions: Insertions.NONE };
  }

  /** What it has room for is not what it was made with for ever. */
  #isResized(capacity: string): boolean {
    const field = /^o\.(#?[\w$]+)(?:\+1)?$/.exec(capacity)?.[1];
    if (
      field === undefined ||
      this.#changes.get(field)?.has('up') === true ||
      this.#changes.get(field)?.has('down') === true
    )
      return false;
    return this.#of.parts.some(({ name, text }) => name !== 'constructor' && changesIn(text).has(field));
  }

  /** They change the same fields, so they stand in one line. */
  #shareState(one: PartText, other: PartText): boolean {
    const changed = changesIn(this.#reach(one));
    return [...changesIn(this.#reach(other)).keys()].some((field) => changed.has(field));
  }

  /** Whoever calls it waits for what came before, and is waited for by who comes next. */
  #isTail(method: PartText): boolean {
    if (!method.isReplaceable || TRYING.test(method.name)) return false;
    const { text: body } = method;
    const task = taskOf(method, body);
    if (task === null && !SURELY_TAKING.test(method.name) && !givesResolver(body)) return false;
    for (const [, field] of body.matchAll(/\bthis\s*\.\s*(#?[\w$]+)\s*(?:=(?![=>])|\.\s*set\s*\()/g)) {
      if (followsField(body, field as string, task)) return true;
    }
    return false;
  }

  /** It calls a function that it is given, in its turn. */
  #isRun(method: PartText): boolean {
    if (!method.isReplaceable || TRYING.test(method.name) || givesFunction(method)) return false;
    if (givesWhatItFinds(method.text)) return false;
    const task = taskOf(method, this.#of.text);
    if (task === null || !isAlwaysInLine(task, method.text) || isLookedAt(task, this.#of.text)) return false;
    if (this.#isTail(method)) return true;
    const reach = this.#reach(method);
    return waitsInLine(reach, this.#of.text) && this.#isSymmetric(method);
  }

  #isTaking(method: PartText): boolean {
    if (!method.isReplaceable || GIVING.test(method.name) || TRYING.test(method.name)) return false;
    if (taskOf(method, this.#of.text) !== null || givesWhatItFinds(this.#reach(method))) return false;
    if (this.#isTail(method)) return true;
    if (!TAKING.test(method.name) && CHANNEL.test(method.name)) return false;
    if (!waitsInLine(withoutGiven(this.#reach(method)), this.#of.text)) return false;
    return this.#takesState(this.#doneBy(method), method.name).length > 0;
  }

  /**
   * Fields that it changes and that are changed back somewhere in the class. Where what it is called does not say that it takes
   * something, only what is up or down, or counted, says so.
   */
  #takesState(reach: string, name = 'lock'): readonly string[] {
    return [...changesIn(reach)]
      .filter(([field, changes]) =>
        [...changes].some(
          (change) => isStateOf(change, name) && this.#changes.get(field)?.has(oppositeOf(change)) === true,
        ),
      )
      .map(([field]) => field);
  }

  /** What it notes when it takes the lock it takes back when the task is done. */
  #isSymmetric(method: PartText): boolean {
    const parts = [method, ...this.#calls.from(method)];
    const changed = changesIn(parts.map(({ text }) => text).join('\n'));
    return [...changed].some(
      ([field, changes]) =>
        [...changes].some((change) => isState(change) && change !== 'remove' && changes.has(oppositeOf(change))) &&
        !parts.some(({ text }) => isChangedAtOnce(withoutClosures(text), field)),
    );
  }

  #givesBack(method: PartText, taker: PartText): boolean {
    if (TRYING.test(method.name) || TAKING.test(method.name) || makesFunction(method.text)) return false;
    const isSaid = TAKING.test(taker.name) && GIVING.test(method.name);
    if (!isSaid && (CHANNEL.test(taker.name) || CHANNEL.test(method.name) || !this.#wakes(method))) return false;
    if (/\bawait\b|\bnew\s+Promise\b/.test(method.text)) return false;
    const given = changesIn(this.#reach(method));
    const taken = changesIn(this.#doneBy(taker));
    return [...taken].some(([field, changes]) =>
      [...changes].some(
        (change) => (isSaid || isStateOf(change, taker.name)) && given.get(field)?.has(oppositeOf(change)) === true,
      ),
    );
  }

  /** It takes back what somebody has noted: more than who gives up has done. */
  #undoes(text: string): boolean {
    const called = this.#calls.named(text).map((part) => this.#reach(part));
    return this.#takesState([text, ...called].join('\n')).length > 0;
  }

  /** Lets somebody else go on. */
  #wakes(method: PartText): boolean {
    return (
      SERVED.test(this.#reach(method)) || /(?<![\w$.])\w+\s*(?:\?\.\s*)?\(\s*\)|\.\s*resolve\s*\(/.test(method.text)
    );
  }

  /** What a method does, with the methods of its own that it calls. */
  #reach(method: PartText): string {
    const known = this.#reached.get(method);
    if (known !== undefined) return known;
    const text = [method, ...this.#calls.from(method)].map(({ text }) => text).join('\n');
    this.#reached.set(method, text);
    return text;
  }

  /** The same without what is done later by functions that it makes, where anything is left. */
  #doneBy(method: PartText): string {
    const own = [method, ...this.#calls.from(method)].map(({ text }) => withoutClosures(text)).join('\n');
    return this.#takesState(own).length > 0 ? own : this.#reach(method);
  }
}

function namesOf<K extends 'run' | 'naming' | 'release'>(field: K, methods: readonly PartText[]): Partial<OwnLock> {
  return methods.length === 0 ? {} : { [field]: methods.map(({ name }) => name) };
}

/** True where this is how a lock is taken by a function of that name. */
function isStateOf(change: Change, name: string): boolean {
  if (isCounted(change)) return true;
  return change === 'remove' ? TAKING.test(name) : isState(change) && SURELY_TAKING.test(name);
}

/** It does nothing itself, and gives a function that does. */
function givesFunction({ body, text }: PartText): boolean {
  return (
    functionAt(body.trimStart(), 0) !== null ||
    /^\s*return\s*(?:async\b\s*)?(?:function\b|\([^()]*\)\s*(?::[^=;]*)?=>|[\w$]+\s*=>)/.test(text)
  );
}
