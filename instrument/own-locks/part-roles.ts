import { makesFunction, withoutClosures, withoutGiven } from './closures.ts';
import { functionAt } from './function-texts.ts';
import { SERVED, waitsInLine } from './line-text.ts';
import type { LockCandidate, PartText } from './lock-candidate.ts';
import { PartCalls } from './part-calls.ts';
import { type Change, changesIn, isChangedAtOnce, isCounted, isState, oppositeOf } from './state-changes.ts';
import { followsField, givesResolver } from './tail-text.ts';
import { givesWhatItFinds, isAlwaysInLine, isLookedAt, taskOf } from './task-text.ts';
import { CHANNEL, GIVING, SURELY_TAKING, TAKING, TRYING } from './vocabulary.ts';

/** What each part of a candidate does: takes the lock, gives it back, runs a task in its turn. */
export class PartRoles {
  readonly calls: PartCalls;
  readonly #of: LockCandidate;
  readonly #reached = new Map<PartText, string>();
  /** What all of its functions change. */
  #known: ReadonlyMap<string, ReadonlySet<Change>> | null = null;

  constructor(of: LockCandidate) {
    this.#of = of;
    this.calls = new PartCalls(of.parts);
  }

  get changes(): ReadonlyMap<string, ReadonlySet<Change>> {
    this.#known ??= changesIn(this.#of.parts.map(({ text }) => text).join('\n'));
    return this.#known;
  }

  /** What it has room for is not what it was made with for ever. */
  isResized(capacity: string): boolean {
    const field = /^o\.(#?[\w$]+)(?:\+1)?$/.exec(capacity)?.[1];
    if (
      field === undefined ||
      this.changes.get(field)?.has('up') === true ||
      this.changes.get(field)?.has('down') === true
    )
      return false;
    return this.#of.parts.some(({ name, text }) => name !== 'constructor' && changesIn(text).has(field));
  }

  /** They change the same fields, so they stand in one line. */
  shareState(one: PartText, other: PartText): boolean {
    const changed = changesIn(this.reach(one));
    return [...changesIn(this.reach(other)).keys()].some((field) => changed.has(field));
  }

  /** Whoever calls it waits for what came before, and is waited for by who comes next. */
  isTail(method: PartText): boolean {
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
  isRun(method: PartText): boolean {
    if (!method.isReplaceable || TRYING.test(method.name) || givesFunction(method)) return false;
    if (givesWhatItFinds(method.text)) return false;
    const task = taskOf(method, this.#of.text);
    if (task === null || !isAlwaysInLine(task, method.text) || isLookedAt(task, this.#of.text)) return false;
    if (this.isTail(method)) return true;
    const reach = this.reach(method);
    return waitsInLine(reach, this.#of.text) && this.#isSymmetric(method);
  }

  isTaking(method: PartText): boolean {
    if (!method.isReplaceable || GIVING.test(method.name) || TRYING.test(method.name)) return false;
    if (taskOf(method, this.#of.text) !== null || givesWhatItFinds(this.reach(method))) return false;
    if (this.isTail(method)) return true;
    if (!TAKING.test(method.name) && CHANNEL.test(method.name)) return false;
    if (!waitsInLine(withoutGiven(this.reach(method)), this.#of.text)) return false;
    return this.#takesState(this.doneBy(method), method.name).length > 0;
  }

  /**
   * Fields that it changes and that are changed back somewhere in the class. Where what it is called does not say that it takes
   * something, only what is up or down, or counted, says so.
   */
  #takesState(reach: string, name = 'lock'): readonly string[] {
    return [...changesIn(reach)]
      .filter(([field, changes]) =>
        [...changes].some(
          (change) => isStateOf(change, name) && this.changes.get(field)?.has(oppositeOf(change)) === true,
        ),
      )
      .map(([field]) => field);
  }

  /** What it notes when it takes the lock it takes back when the task is done. */
  #isSymmetric(method: PartText): boolean {
    const parts = [method, ...this.calls.from(method)];
    const changed = changesIn(parts.map(({ text }) => text).join('\n'));
    return [...changed].some(
      ([field, changes]) =>
        [...changes].some((change) => isState(change) && change !== 'remove' && changes.has(oppositeOf(change))) &&
        !parts.some(({ text }) => isChangedAtOnce(withoutClosures(text), field)),
    );
  }

  givesBack(method: PartText, taker: PartText): boolean {
    if (TRYING.test(method.name) || TAKING.test(method.name) || makesFunction(method.text)) return false;
    const isSaid = TAKING.test(taker.name) && GIVING.test(method.name);
    if (!isSaid && (CHANNEL.test(taker.name) || CHANNEL.test(method.name) || !this.#wakes(method))) return false;
    if (/\bawait\b|\bnew\s+Promise\b/.test(method.text)) return false;
    return this.isUndoneIn(this.reach(method), taker, isSaid);
  }

  /** The text takes back what was noted by who has taken the lock. @param isSaid true where names say that it does */
  isUndoneIn(text: string, taker: PartText, isSaid = false): boolean {
    const given = changesIn(text);
    const taken = changesIn(this.doneBy(taker));
    return [...taken].some(([field, changes]) =>
      [...changes].some(
        (change) => (isSaid || isStateOf(change, taker.name)) && given.get(field)?.has(oppositeOf(change)) === true,
      ),
    );
  }

  /** It takes back what somebody has noted: more than who gives up has done. */
  undoes(text: string): boolean {
    const called = this.calls.named(text).map((part) => this.reach(part));
    return this.#takesState([text, ...called].join('\n')).length > 0;
  }

  /** Lets somebody else go on. */
  #wakes(method: PartText): boolean {
    return (
      SERVED.test(this.reach(method)) || /(?<![\w$.])\w+\s*(?:\?\.\s*)?\(\s*\)|\.\s*resolve\s*\(/.test(method.text)
    );
  }

  /** What a method does, with the methods of its own that it calls. */
  reach(method: PartText): string {
    const known = this.#reached.get(method);
    if (known !== undefined) return known;
    const text = [method, ...this.calls.from(method)].map(({ text }) => text).join('\n');
    this.#reached.set(method, text);
    return text;
  }

  /** The same without what is done later by functions that it makes, where anything is left. */
  doneBy(method: PartText): string {
    const own = [method, ...this.calls.from(method)].map(({ text }) => withoutClosures(text)).join('\n');
    return this.#takesState(own).length > 0 ? own : this.reach(method);
  }
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
