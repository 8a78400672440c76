import { escaped } from '../heap/function-text.ts';
import { withoutGiven } from './closures.ts';
import { Insertions } from './insertions.ts';
import { waitsInLine } from './line-text.ts';
import type { LockCandidate, PartText } from './lock-candidate.ts';
import type { FoundLock } from './lock-text.ts';
import { functionsOf, type OwnLock } from './own-lock.ts';
import { PartRoles } from './part-roles.ts';
import { type Change, changesIn } from './state-changes.ts';
import { keyOf, taskOf } from './task-text.ts';
import { ticketInsertions } from './ticket-text.ts';
import { POLLED, UNSURE_OF_WAITS } from './unsure.ts';
import { GIVING, TRYING } from './vocabulary.ts';

const READING = /read|shared|^#?_*r_?(?:lock|acquire)/i;
const WRITING = /write|exclusive|^#?_*w_?(?:lock|acquire)/i;
/** Goes from one to the other without giving it back. */
const CHANGING = /upgrade|downgrade|promote|demote/i;

type Flavour = 'read' | 'write';

/** A lock that several readers may have together, or one writer; null for all that is none, and for what is not sure. */
export function readersLockIn(of: LockCandidate, self: string): FoundLock | null {
  const names = of.parts.map(({ name }) => flavourOf(name));
  if (!names.includes('read') || !names.includes('write')) return null;
  if (of.parts.some(({ name }) => CHANGING.test(name))) return null;
  return new ReadersText(of, self).found();
}

function flavourOf(name: string): Flavour | null {
  if (READING.test(name) === WRITING.test(name)) return null;
  return READING.test(name) ? 'read' : 'write';
}

class ReadersText {
  readonly #of: LockCandidate;
  readonly #self: string;
  readonly #roles: PartRoles;

  constructor(of: LockCandidate, self: string) {
    this.#of = of;
    this.#self = self;
    this.#roles = new PartRoles(of);
  }

  found(): FoundLock | null {
    const [reader, ...moreReaders] = this.#takers('read');
    const [writer, ...moreWriters] = this.#takers('write');
    if (moreReaders.length > 0 || moreWriters.length > 0) return null;
    const found =
      reader?.isReplaceable === true && writer?.isReplaceable === true
        ? this.#taken(reader, writer)
        : this.#run(reader ?? null, writer ?? null);
    if (found === null) return null;
    const names = new Set(functionsOf(found.lock));
    const parts = this.#of.parts.filter(({ name }) => names.has(name));
    const texts = parts.flatMap((part) => [this.#roles.reach(part).replaceAll(POLLED, ''), ...part.parameters]);
    return texts.some((text) => UNSURE_OF_WAITS.test(text)) ? null : found;
  }

  /** What waits for the lock, and calls nothing else that does. */
  #takers(flavour: Flavour): readonly PartText[] {
    const { calls } = this.#roles;
    const all = this.#of.parts.filter(
      (part) =>
        flavourOf(part.name) === flavour &&
        !GIVING.test(part.name) &&
        !TRYING.test(part.name) &&
        taskOf(part, this.#of.text) === null &&
        waitsInLine(withoutGiven(this.#roles.reach(part)), this.#of.text),
    );
    return all.filter((part) => !all.some((other) => other !== part && calls.leads(part, other)));
  }

  #taken(reader: PartText, writer: PartText): FoundLock | null {
    const state = this.#stateOf(reader, writer);
    if (state === null) return null;
    const takers = [reader, writer];
    const tasks = this.#of.parts.filter((part) => taskOf(part, this.#of.text) !== null);
    const givers = this.#of.parts.filter((part) => !takers.includes(part) && this.#givesBack(part, state));
    const release = givers.filter(({ isReplaceable }) => isReplaceable);
    // What calls one that cannot be replaced gives it back unseen.
    if (release.length > 0 && release.length < givers.length) return null;
    const naming = tasks.filter((task) => takers.some((taker) => this.#roles.calls.leads(task, taker)));
    const lock: OwnLock = {
      acquire: [reader.name, writer.name],
      ...(naming.length === 0 ? {} : { naming: naming.map(({ name }) => name) }),
      readers: { functions: [reader.name], isQueued: this.#standsBehind(reader, writer) },
    };
    if (release.length > 0) {
      return lockOf({ ...lock, release: release.map(({ name }) => name) });
    }
    const parts = [...new Set(takers.flatMap((taker) => [taker, ...this.#roles.calls.from(taker)]))];
    const insertions = ticketInsertions(parts, { all: this.#of.parts, form: 'queue', self: this.#self });
    return insertions === null ? null : lockOf({ ...lock, isTicket: true }, insertions);
  }

  /** Held while functions run that are given to it. */
  #run(reader: PartText | null, writer: PartText | null): FoundLock | null {
    const runs = (['read', 'write'] as const).map((flavour) => {
      const all = this.#of.parts.filter((part) => flavourOf(part.name) === flavour && this.#roles.isRun(part));
      return all.filter((part) => !all.some((other) => other !== part && this.#roles.calls.leads(part, other)));
    });
    const [reading, writing] = runs.map(([one, ...more]) => (more.length > 0 ? undefined : one));
    if (reading === undefined || writing === undefined) return null;
    if (this.#stateOf(reading, writing) === null) return null;
    const [at, other] = [reading, writing].map((run) => run.parameters.indexOf(taskOf(run, this.#of.text) ?? ''));
    if (at === undefined || at !== other) return null;
    return lockOf({
      run: [reading.name, writing.name],
      taskAt: at,
      readers: { functions: [reading.name], isQueued: this.#standsBehind(reader ?? reading, writer ?? writing) },
    });
  }

  /** What counts the readers, and says that there is a writer: who reads looks at the one, who writes at both. */
  #stateOf(reader: PartText, writer: PartText): { readonly counter: string; readonly flag: string } | null {
    const counter = this.#changed(reader, 'up', 'down');
    const flag = this.#changed(writer, 'true', 'false');
    if (counter === null || flag === null) return null;
    const isLookedAt = (part: PartText, field: string): boolean =>
      new RegExp(String.raw`\bthis\s*\.\s*${escaped(field)}(?![\w$])\s*(?!\s*(?:\+\+|--|[-+]?=(?!=)))`).test(
        this.#roles.reach(part),
      );
    const isSure = isLookedAt(reader, flag) && isLookedAt(writer, flag) && isLookedAt(writer, counter);
    const isOfOne = [reader, writer].every(
      (part) => Object.keys(keyOf(part, this.#roles.reach(part)) ?? { no: 1 }).length === 0,
    );
    return isSure && isOfOne ? { counter, flag } : null;
  }

  /** The one field that this function changes so, and somebody changes back. */
  #changed(part: PartText, change: Change, back: Change): string | null {
    const fields = [...changesIn(this.#roles.reach(part))]
      .filter(([field, changes]) => changes.has(change) && this.#roles.changes.get(field)?.has(back) === true)
      .map(([field]) => field);
    return fields.length === 1 ? (fields[0] ?? null) : null;
  }

  #givesBack(part: PartText, { counter, flag }: { readonly counter: string; readonly flag: string }): boolean {
    if (part.name === 'constructor' || taskOf(part, this.#of.text) !== null) return false;
    if (/\bawait\b|\bnew\s+Promise\b|\breturn\b[^;]*=>/.test(part.text)) return false;
    const changes = changesIn(part.text);
    return changes.get(counter)?.has('down') === true || changes.get(flag)?.has('false') === true;
  }

  /** Who reads waits for writers that stand in a line of their own: they wait for the readers inside. */
  #standsBehind(reader: PartText, writer: PartText): boolean {
    const own = changesIn(this.#roles.reach(reader));
    const lines = [...changesIn(this.#roles.reach(writer))].filter(
      ([field, changes]) =>
        (changes.has('put') || changes.has('up')) && !own.get(field)?.has('put') && !own.get(field)?.has('up'),
    );
    return lines.some(([field]) => new RegExp(String.raw`\bthis\s*\.\s*${escaped(field)}(?![\w$])`).test(reader.text));
  }
}

function lockOf(lock: OwnLock, insertions: Insertions = Insertions.NONE): FoundLock {
  return { lock, capacity: '1', limits: [], insertions };
}
