import { behindBracket } from './brackets.ts';
import { capacityIn } from './capacity-text.ts';
import { makesFunction, withoutClosures } from './closures.ts';
import { Insertions } from './insertions.ts';
import type { LockCandidate, PartText } from './lock-candidate.ts';
import { type Change, changesIn, countsAmounts, oppositeOf } from './state-changes.ts';
import { ticketInsertions } from './ticket-text.ts';

/** What a class of the program is as a lock. Names are those of its methods. */
export interface OwnLock {
  readonly acquire?: readonly string[];
  readonly release?: readonly string[];
  readonly run?: readonly string[];
  /** Made of the others: who calls them gives the lock its name. */
  readonly naming?: readonly string[];
  /** What `acquire` gives is a function that gives it back. */
  readonly isTicket?: boolean;
  /** What `acquire` gives has a method of this name that gives it back. */
  readonly handle?: string;
  /** Which argument tells the locks apart that the object stands for. */
  readonly keyAt?: number;
}

/** A lock that was found in a text. */
export interface FoundLock {
  readonly lock: OwnLock;
  /** How many can have it: an expression of the object `o`. */
  readonly capacity: string;
  readonly insertions: Insertions;
}

const OWN_PART = /\bthis\s*\.\s*(#?[\w$]+)/g;
/** Sleeps, and looks again. */
const POLLED =
  /\bnew\s+Promise\s*(?:<[^<>]*>)?\s*\(\s*\(?\s*([\w$]+)[^()]*\)?\s*=>\s*(?:\{\s*)?(?:setTimeout|setImmediate)\s*\(\s*\1\b[^()]*\)\s*;?\s*\}?\s*\)/g;
/** What nobody can tell from a text: who may have it twice, or beside others, or for how long it is waited for. */
const UNSURE =
  /\b(?:AsyncLocalStorage|getStore|setTimeout|timeout\w*|timers?|reentran\w*|recursive|\w*[oO]wner\w*|readers?|writers?|\w*[rR]eadLock|\w*[wW]riteLock|shared|AbortSignal|abort\w*|deadline)\b/;
const TAKING =
  /^_*(?:acq|aquire|lock|take|enter|obtain|wait|p$|down$|request|reserve|claim|get|check_?out|borrow|begin|hold|grab|seize|lease|join|slot|turn|permit|connect|with)/i;
const GIVING =
  /^#?_*(?:release|unlock|free|leave|exit|give|return|check_?in|recycle|signal|v$|up$|post$|done$|end$|finish|put_?back|hand_?back|drop$|yield|complete|relinquish)/i;
/** What is taken and given by these is no turn but a thing, or a sign. */
const CHANNEL =
  /^#?_*(?:put|push|offer|send|emit|publish|notify|set|resume|start|fire|trigger|add|enqueue|write|feed|produce|supply|arrive|count|resolve|reject|take|get|pop|next|shift|read|receive|poll|recv|pull|dequeue|wait|await|subscribe|listen|then|iterator)|^#?_*(?:open|close)$/i;
/** Does not wait. */
const TRYING = /^#?_*(?:try|is|has|can|on|peek)(?![a-z])/;
const WAITING = /\bnew\s+Promise\b|\bwithResolvers\b|\bonce\s*\(\s*this\b/;
const QUEUED = /\.\s*(?:push|unshift|add|enqueue|append|addLast|set)\s*\(|\.\s*next\s*=/;
const SERVED =
  /\.\s*(?:shift|pop|dequeue|splice|removeFirst|next|values|entries)\s*\(|\bemit\s*\(|\.\s*next\b|\[\s*[\w$]+\s*\]\s*=\s*this\b/;
/** The one who comes next waits for a promise whose resolve function is given away. */
const CAPTURES = /(?<![\w$.])([\w$]+)(?:\s*\))?\s*=>\s*[({]?\s*([\w$]+)\s*=\s*\1\b/g;
const POLLING = /\bwhile\s*\([^;{]*\bthis\s*\.[^;{]*\)\s*\{?\s*(?:return\s+)?await\b/;

/** The lock that a class is, as its text says; null for all that is none, and for what is not sure. */
export function lockIn(of: LockCandidate, self: string): FoundLock | null {
  if (!/\bnew\s+Promise\b|\bwithResolvers\b|\bonce\b|\bawait\b|\.\s*then\s*\(/.test(of.text)) return null;
  if (UNSURE.test(of.text.replaceAll(POLLED, ''))) return null;
  return new LockText(of, self).found();
}

class LockText {
  readonly #of: LockCandidate;
  readonly #reached = new Map<PartText, string>();

  readonly #self: string;
  readonly #parts: ReadonlyMap<string, PartText>;
  readonly #names = new Map<PartText, readonly string[]>();

  constructor(of: LockCandidate, self: string) {
    this.#of = of;
    this.#self = self;
    this.#parts = new Map(of.parts.map((part) => [part.name, part]));
  }

  found(): FoundLock | null {
    const runs = this.#of.parts.filter((method) => this.#isRun(method));
    const takers = this.#of.parts.filter(
      (method) => !runs.includes(method) && this.#isTaking(method) && !runs.some((run) => this.#calls(method, run)),
    );
    const inner = takers.filter((taker) => !takers.some((other) => other !== taker && this.#calls(taker, other)));
    const [taker, another] = inner;
    if (another !== undefined) return null;
    if (taker === undefined) return this.#run(runs);
    return this.#taken(taker, [...runs, ...takers.filter((outer) => outer !== taker)]);
  }

  #calls(method: PartText, other: PartText): boolean {
    return this.#callees(method).includes(other);
  }

  /**
   * A lock that is taken and given back.
   * @param others that wait for it
   */
  #taken(taker: PartText, others: readonly PartText[]): FoundLock | null {
    const givers = this.#of.parts.filter((method) => method !== taker && this.#givesBack(method, taker));
    const called = givers.filter((giver) => !givers.some((other) => other !== giver && this.#calls(other, giver)));
    const release = called.filter(({ isReplaceable }) => isReplaceable);
    // One that gives back what it has taken in another way.
    if (others.some((other) => !this.#calls(other, taker) && givers.some((giver) => this.#calls(other, giver))))
      return null;
    // What calls a function inside of the one that makes them calls that itself, not what stands in for it.
    const made = this.#of.kind === 'made' ? [] : others.filter((run) => this.#calls(run, taker));
    const capacity = this.#isTail(taker) ? '1' : capacityIn(this.#of, this.#doneBy(taker));
    const key = keyOf(taker, this.#reach(taker));
    if (capacity === null || key === null) return null;
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
    const handle = handleOf(this.#reach(taker));
    if (handle !== null) return { lock: { ...lock, handle }, capacity, insertions: Insertions.NONE };
    const parts = [taker, ...this.#callees(taker)];
    const insertions = ticketInsertions(parts, {
      all: this.#of.parts,
      form: this.#isTail(taker) ? 'tail' : 'queue',
      self: this.#self,
    });
    return insertions === null ? null : { lock: { ...lock, isTicket: true }, capacity, insertions };
  }

  /** A lock that is held while a function runs. */
  #run(runs: readonly PartText[]): FoundLock | null {
    const inner = runs.filter((run) => !runs.some((other) => other !== run && this.#calls(run, other)));
    const [first] = inner;
    if (first === undefined) return null;
    const reach = this.#reach(first);
    const capacity = this.#isTail(first) ? '1' : capacityIn(this.#of, reach);
    const key = keyOf(first, reach);
    if (capacity === null || key === null) return null;
    const outer = runs.filter((run) => !inner.includes(run));
    const lock =
      this.#of.kind === 'made'
        ? { ...namesOf('run', runs), ...key }
        : { ...namesOf('run', inner), ...namesOf('naming', outer), ...key };
    return { lock, capacity, insertions: Insertions.NONE };
  }

  /** Whoever calls it waits for what came before, and is waited for by who comes next. */
  #isTail(method: PartText): boolean {
    if (!method.isReplaceable || TRYING.test(method.name)) return false;
    const { text: body } = method;
    const task = taskOf(method, body);
    if (task === null && !TAKING.test(method.name) && !givesResolver(body)) return false;
    for (const [, field] of body.matchAll(/\bthis\s*\.\s*(#?[\w$]+)\s*(?:=(?![=>])|\.\s*set\s*\()/g)) {
      if (followsField(body, field as string, task)) return true;
    }
    return false;
  }

  /** It calls a function that it is given, in its turn. */
  #isRun(method: PartText): boolean {
    if (!method.isReplaceable || TRYING.test(method.name)) return false;
    const reach = this.#reach(method);
    if (taskOf(method, this.#of.text) === null) return false;
    return this.#isTail(method) || (this.#waitsInLine(reach) && this.#isSymmetric(reach));
  }

  #isTaking(method: PartText): boolean {
    if (!method.isReplaceable || GIVING.test(method.name) || TRYING.test(method.name)) return false;
    if (this.#isTail(method)) return true;
    if (!TAKING.test(method.name) && CHANNEL.test(method.name)) return false;
    const reach = this.#reach(method);
    return this.#waitsInLine(reach) && this.#takesState(this.#doneBy(method)).length > 0;
  }

  #waitsInLine(reach: string): boolean {
    if (countsAmounts(reach)) return false;
    if (POLLING.test(reach)) return true;
    return WAITING.test(reach) && QUEUED.test(reach) && SERVED.test(this.#of.text);
  }

  /** Fields that it changes and that are changed back somewhere in the class. */
  #takesState(reach: string): readonly string[] {
    const all = changesIn(this.#withoutConstructor());
    return [...changesIn(reach)]
      .filter(([field, changes]) =>
        [...changes].some((change) => isState(change) && all.get(field)?.has(oppositeOf(change))),
      )
      .map(([field]) => field);
  }

  #isSymmetric(reach: string): boolean {
    return [...changesIn(reach).values()].some((changes) =>
      [...changes].some((change) => isState(change) && change !== 'remove' && changes.has(oppositeOf(change))),
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
      [...changes].some((change) => given.get(field)?.has(oppositeOf(change)) === true),
    );
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
    const text = [method, ...this.#callees(method)].map(({ text }) => text).join('\n');
    this.#reached.set(method, text);
    return text;
  }

  /** The same without what is done later by functions that it makes, where anything is left. */
  #doneBy(method: PartText): string {
    const own = [method, ...this.#callees(method)].map(({ text }) => withoutClosures(text)).join('\n');
    return this.#takesState(own).length > 0 ? own : this.#reach(method);
  }

  #callees(method: PartText): readonly PartText[] {
    const seen = new Set([method]);
    for (const one of seen) {
      for (const name of this.#named(one)) {
        const other = this.#parts.get(name);
        if (other !== undefined) seen.add(other);
      }
    }
    seen.delete(method);
    return [...seen];
  }

  /** Parts of its own that a part calls, or hands on. */
  #named(part: PartText): readonly string[] {
    let names = this.#names.get(part);
    if (names === undefined) {
      names = [...new Set([...part.text.matchAll(OWN_PART)].map(([, name]) => name as string))];
      this.#names.set(part, names);
    }
    return names;
  }

  #withoutConstructor(): string {
    return this.#of.parts.map(({ text }) => text).join('\n');
  }
}

/** A queue is no state: what is put into it are those who wait. */
function isState(change: Change): boolean {
  return change !== 'put';
}

/** What is captured so is given, or a function that is called so. */
function givesResolver(body: string): boolean {
  return [...body.matchAll(CAPTURES)].some(([, , name]) =>
    new RegExp(String.raw`(?:\breturn|=>)\s+${name?.replaceAll('$', '\\$')}\b`).test(body),
  );
}

/** Waits for what the field holds before it does what it is asked for. */
function followsField(body: string, field: string, task: string | null): boolean {
  const name = field.replaceAll('$', '\\$');
  const read = String.raw`this\s*\.\s*${name}(?![\w$])(?:\s*\.\s*get\s*\([^()]*\))?`;
  const locals = [
    ...body.matchAll(
      new RegExp(
        String.raw`(?:const|let|var)\s+([\w$]+)[^=;]*=\s*(?:Promise\s*\.\s*resolve\s*\(\s*)?${read}(?:\s*\.\s*catch\s*\([^;]*\))?(?=\s*(?:[;\n),]|\?\?|\|\|))`,
        'g',
      ),
    ),
  ];
  const before = [read, ...locals.map(([, local]) => String.raw`(?<![\w$.])${local}(?![\w$])`)].join('|');
  const awaited = new RegExp(String.raw`\bawait\s+(?:Promise\s*\.\s*resolve\s*\(\s*)?(?:${before})`);
  const chained = new RegExp(String.raw`(?:${before})\s*\)?\s*\.\s*(?:then|catch|finally)\s*\(`, 'g');
  const at = body.search(awaited);
  if (at >= 0) {
    if (task === null) return makesNext(body);
    const called = callIn(task).exec(body.slice(at));
    // Whoever comes next is let on when it is done.
    if (
      called !== null &&
      /\bfinally\b|(?<![.\w$])[\w$]+\s*(?:!|\?\.)?\s*\(\s*\)/.test(body.slice(at + called.index + called[0].length))
    )
      return true;
  }
  return [...body.matchAll(chained)].some(({ index, 0: before }) => {
    if (task === null) return makesNext(body);
    // Only what is chained to it is waited for by who comes next.
    for (let open = index + before.length - 1; open >= 0; ) {
      const behind = behindBracket(body, open);
      if (behind < 0) return false;
      if (new RegExp(String.raw`(?<![\w$.])${task.replaceAll('$', '\\$')}(?![\w$])`).test(body.slice(open, behind)))
        return true;
      const next = /^\s*\.\s*(?:then|catch|finally)\s*\(/.exec(body.slice(behind));
      open = next === null ? -1 : behind + next[0].length - 1;
    }
    return false;
  });
}

/** What an object that is given has to give it back with. */
function handleOf(reach: string): string | null {
  return (
    /(?:\breturn\s*|\(\s*)\{[^{}]*?(?<![\w$])(release|unlock|free|leave|done)\s*(?::|\([^()]*\)\s*\{|[,}])/.exec(
      reach,
    )?.[1] ?? null
  );
}

function makesNext(body: string): boolean {
  return WAITING.test(body);
}

function callIn(name: string): RegExp {
  return new RegExp(
    String.raw`(?<![\w$.])${name.replaceAll('$', '\\$')}\s*(?:\?\.\s*)?\(|\(\s*${name.replaceAll('$', '\\$')}\s*[,)]`,
  );
}

/** The parameter that is a function and is called in this text, or null. */
function taskOf({ parameters }: PartText, text: string): string | null {
  for (const name of parameters) {
    if (name === '') continue;
    const word = name.replaceAll('$', '\\$');
    const called = String.raw`(?<![\w$#]|\bthis\s*\.\s*)${word}\s*(?:\?\.\s*)?\(`;
    const chained = String.raw`\.\s*(?:then|finally)\s*\(\s*(?:[^()]*,\s*)?(?:[\w$]+\s*\.\s*)?${word}\s*[,)]`;
    if (new RegExp(`${called}|${chained}`).test(text)) return name;
  }
  return null;
}

/** Finds one of many. */
const FOUND = /\bthis\s*\.\s*#?[\w$]+\s*(?:\.\s*(?:get|has|set)\s*\(\s*([\w$]+)\s*[,)]|\[\s*([\w$]+)\s*\])/g;

/** The parameter by which it finds one of many; null where it finds one by something else. */
function keyOf({ parameters }: PartText, reach: string): Pick<OwnLock, 'keyAt'> | null {
  const keys = new Set([...reach.matchAll(FOUND)].map(([, key, index]) => (key ?? index) as string));
  if (keys.size === 0) return {};
  const [key] = keys;
  if (keys.size > 1 || key === undefined) return null;
  const written = new RegExp(
    String.raw`(?:const|let|var)\s+${key.replaceAll('$', '\\$')}\s*(?::[^=;]*)?=\s*(?:String\s*\(\s*([\w$]+)\s*\)|([\w$]+)\s*[;\n])`,
  ).exec(reach);
  const at = parameters.indexOf(written?.[1] ?? written?.[2] ?? key);
  return at < 0 ? null : { keyAt: at };
}

function namesOf<K extends 'run' | 'naming' | 'release'>(field: K, methods: readonly PartText[]): Partial<OwnLock> {
  return methods.length === 0 ? {} : { [field]: methods.map(({ name }) => name) };
}
