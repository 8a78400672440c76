import { capacityIn } from './capacity-text.ts';
import { asksEntries, withEntries } from './entries-text.ts';
import { handleIn } from './handle-text.ts';
import { Insertions } from './insertions.ts';
import type { LockCandidate, PartText } from './lock-candidate.ts';
import { functionsOf, type OwnLock } from './own-lock.ts';
import { PartRoles } from './part-roles.ts';
import { keyOf, taskOf } from './task-text.ts';
import { ticketInsertions } from './ticket-text.ts';
import { POLLED, UNSURE } from './unsure.ts';
import { SURELY_TAKING } from './vocabulary.ts';
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

/** The lock that a class is, as its text says; null for all that is none, and for what is not sure. */
export function lockIn(of: LockCandidate, self: string): FoundLock | null {
  if (!/\bnew\s+Promise\b|\bwithResolvers\b|\bonce\b|\bawait\b|\.\s*then\s*\(/.test(of.text)) return null;
  return new LockText(of, self).found();
}

/** The same for one that keeps what it knows of each key in an entry of its own. */
export function entriesLockIn(of: LockCandidate, self: string): FoundLock | null {
  const read = withEntries(of);
  const found = read === null ? null : lockIn(read, self);
  return found?.lock.keyAt === undefined || asksEntries(found.capacity) ? null : found;
}

/** The same while its functions may still be unsure. */
interface ReadLock extends Omit<FoundLock, 'limits'> {
  readonly limits: WaitLimits | null;
}

class LockText {
  readonly #of: LockCandidate;
  readonly #self: string;
  readonly #roles: PartRoles;

  constructor(of: LockCandidate, self: string) {
    this.#of = of;
    this.#self = self;
    this.#roles = new PartRoles(of);
  }

  found(): FoundLock | null {
    const found = this.#foundLock();
    if (found === null) return null;
    const { limits } = found;
    const names = new Set(functionsOf(found.lock));
    const parts = this.#of.parts.filter(({ name }) => names.has(name));
    const texts = parts.flatMap((part) => [this.#roles.reach(part).replaceAll(POLLED, ''), ...part.parameters]);
    if (texts.some((text) => UNSURE.test(limits?.without(text) ?? text))) return null;
    return { ...found, limits: limits?.expressions ?? [] };
  }

  #foundLock(): ReadLock | null {
    const runs = this.#of.parts.filter((method) => this.#roles.isRun(method));
    const takers = this.#of.parts.filter(
      (method) =>
        !runs.includes(method) &&
        this.#roles.isTaking(method) &&
        !runs.some((run) => this.#roles.calls.leads(method, run)),
    );
    const inner = takers.filter(
      (taker) => !takers.some((other) => other !== taker && this.#roles.calls.leads(taker, other)),
    );
    const [taker, another] = inner;
    if (another !== undefined) return null;
    if (taker === undefined) return this.#run(runs);
    return this.#taken(taker, [...runs, ...takers.filter((outer) => outer !== taker)]);
  }

  /**
   * A lock that is taken and given back.
   * @param others that wait for it
   */
  #taken(taker: PartText, others: readonly PartText[]): ReadLock | null {
    const givers = this.#of.parts.filter(
      (method) => method !== taker && !this.#roles.calls.leads(method, taker) && this.#roles.givesBack(method, taker),
    );
    const called = givers.filter(
      (giver) => !givers.some((other) => other !== giver && this.#roles.calls.leads(other, giver)),
    );
    const release = called.filter(({ isReplaceable }) => isReplaceable);
    const inside = release.length === 0 ? [] : this.#givenBackPast(release, taker);
    if (inside.some((part) => !part.isReplaceable || this.#roles.calls.leads(part, taker))) return null;
    release.push(...inside);
    // One that gives back what it has taken in another way.
    if (
      others.some(
        (other) =>
          !this.#roles.calls.leads(other, taker) && givers.some((giver) => this.#roles.calls.leads(other, giver)),
      )
    )
      return null;
    // What calls a function inside of the one that makes them calls that itself, not what stands in for it.
    const outer = this.#of.parts.filter((part) => part.isReplaceable && taskOf(part, this.#of.text) !== null);
    const made = [...new Set([...others, ...outer])].filter(
      (run) => this.#of.kind !== 'made' && run !== taker && this.#roles.calls.leads(run, taker),
    );
    const isTail = this.#roles.isTail(taker);
    const reach = this.#roles.reach(taker);
    const capacity = isTail ? '1' : capacityIn(this.#of.text, this.#roles.changes, this.#roles.doneBy(taker), givers);
    const key = keyOf(taker, reach);
    if (capacity === null || this.#roles.isResized(capacity) || key === null) return null;
    if (others.some((other) => !made.includes(other) && !this.#roles.shareState(taker, other))) return null;
    const limits = isTail ? null : waitLimits(taker, reach, (text) => this.#roles.undoes(text));
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
      return { lock: { ...lock, ...namesOf('release', release) }, capacity, limits, insertions: Insertions.NONE };
    // Nobody else is called so that he gives it back: what he has taken must be sure.
    if (!SURELY_TAKING.test(taker.name) && !isTail) return null;
    const handle = handleIn(reach);
    if (handle.length > 0) return { lock: { ...lock, handle }, capacity, limits, insertions: Insertions.NONE };
    const parts = [taker, ...this.#roles.calls.from(taker)];
    const insertions = ticketInsertions(parts, {
      all: this.#of.parts,
      form: isTail ? 'tail' : 'queue',
      self: this.#self,
    });
    return insertions === null ? null : { lock: { ...lock, isTicket: true }, capacity, limits, insertions };
  }

  /** Where those who take it through `taker` give it back without a call of one of these. */
  #givenBackPast(release: readonly PartText[], taker: PartText): readonly PartText[] {
    const { calls } = this.#roles;
    const isInside = (part: PartText): boolean =>
      part !== taker && !release.includes(part) && !calls.leads(taker, part);
    const seen = new Set(this.#of.parts.filter((part) => isInside(part) && calls.leads(part, taker)));
    for (const part of seen) {
      for (const other of calls.named(part.text)) if (isInside(other)) seen.add(other);
    }
    return [...seen].filter((part) => this.#roles.isUndoneIn(part.text, taker));
  }

  /** A lock that is held while a function runs. */
  #run(runs: readonly PartText[]): ReadLock | null {
    const inner = runs.filter((run) => !runs.some((other) => other !== run && this.#roles.calls.leads(run, other)));
    const [first, ...more] = inner;
    // Two lines of one object are two locks.
    if (first === undefined || more.some((run) => !this.#roles.shareState(first, run))) return null;
    const reach = this.#roles.reach(first);
    const capacity = this.#roles.isTail(first) ? '1' : capacityIn(this.#of.text, this.#roles.changes, reach);
    const key = keyOf(first, reach);
    if (capacity === null || this.#roles.isResized(capacity) || key === null) return null;
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
    return { lock, capacity, limits: null, insertions: Insertions.NONE };
  }
}

function namesOf<K extends 'run' | 'naming' | 'release'>(field: K, methods: readonly PartText[]): Partial<OwnLock> {
  return methods.length === 0 ? {} : { [field]: methods.map(({ name }) => name) };
}
