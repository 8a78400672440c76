import { NEVER, type Tick } from '../../src/core/ids.ts';
import type { Session } from '../../src/core/session.ts';
import type { Wait } from '../../src/core/wait.ts';
import { failed } from '../../src/sync/hooks.ts';
import { standIn } from '../patches/stand-in.ts';
import { AskedReaction } from './asked-reaction.ts';
import { HandedOnWaits } from './handed-on-waits.ts';
import { Joined } from './joined-promises.ts';
import { isCalledByEngine, isCalledByProgram } from './promise-links.ts';
import { type Hooked, noteFor, noteOf, Onward, type PromiseNote } from './promise-notes.ts';
import { Section } from './section.ts';

/** Links of a chain that are gone through. */
const MAX_LINKS = 64;

/** Reactions of one slice of code that are told apart by their stack. */
const MAX_LOOKS = 32;

/**
 * Promises of results that somebody has to wait for first: a task's that has not got its turn. Whoever awaits one sleeps
 * for its waits. Handing it on is no sleep: a task that adds another one and looks at its errors only does not wait for it.
 * What a compiler or `co` has made of an `await` does sleep. Whoever else goes on with a value by `then` may have asked for that
 * aside: he has waited when nothing is left to run.
 * Until a promise is followed or expected each step is one comparison.
 */
export class FollowedResults {
  readonly #session: Session;
  readonly #runAs: (awaiter: Hooked, run: () => void) => void;
  readonly #owner: object;
  readonly #handedOn = new HandedOnWaits();
  /** The `then` of every followed promise. */
  readonly #then: PropertyDescriptor;
  #isUsed = false;
  /** True while a result is handed on by a call of `then`. */
  #isChaining = false;
  /** True while what is asked of results is to make one promise of them, which is followed as a whole. */
  readonly #join = new Section();
  /** The promise that takes over now what it was resolved with. */
  #adopting: Hooked | null = null;
  /**
   * What begins now, as long as it has asked for nothing. Where a function awaits a thenable, the engine makes a promise of that, whose
   * parent is the one of the function, and asks the thenable first.
   */
  #beginning: Hooked | null = null;
  /** The newest reaction that the code of now has asked for, and the note of what it waits for: what it ends with is what it awaits. */
  #last: Hooked | null = null;
  #lastParent: PromiseNote | null = null;
  /** True when the code of now has just got what may turn into the result of a task that has to wait for its turn. */
  #mayAdopt = false;
  /** Tasks that it has added. */
  #added = 0;
  /** How many reactions the code of now has asked for that were looked at closely. */
  #looks = 0;

  /** @param owner of the notes; @param runAs runs code as that which asked for a reaction */
  constructor(session: Session, owner: object, runAs: (awaiter: Hooked, run: () => void) => void) {
    this.#session = session;
    this.#owner = owner;
    const chained = (promise: object, args: unknown[]): unknown => this.#chained(promise, args);
    // `await` does not call it: a call hands the result on, to what it returns or to a promise that becomes this one.
    const value = standIn(Promise.prototype.then, (self, args) => chained(self as object, args));
    this.#then = { value, writable: true, configurable: true, enumerable: false };
    this.#runAs = runAs;
  }

  /** There may soon be such a promise: who awaits what becomes one is to be known. */
  expect(): void {
    this.#isUsed = true;
  }

  follow(promise: object, waits: readonly Wait[]): void {
    this.expect();
    this.#mayAdopt ||= waits.some((wait) => this.#isInLine(wait));
    noteFor(promise, this.#owner).waits = waits;
    if (!Object.hasOwn(promise, 'then')) Object.defineProperty(promise, 'then', this.#then);
  }

  /** A reaction was asked for by a call of `then`: who awaits what it makes, or what takes it over, sleeps for these waits. */
  passOn(reaction: Hooked, waits: readonly Wait[]): void {
    this.expect();
    if (this.#adopting === null) this.follow(reaction, waits);
    else this.#adopt(this.#adopting, waits);
  }

  /**
   * Who awaits all of them awaits what each has to wait for, also one that takes over a task's result only later, as what an
   * async function returns does. @returns the waits known by now
   */
  followAll(promise: object, elements: readonly unknown[], joined: Joined | null): readonly Wait[] {
    if (!this.#isUsed) return [];
    // Of several elements one may settle the promise while others still wait: it has to be heard.
    const onward = joined !== null || elements.length === 1 ? new Onward(promise) : undefined;
    const waits: Wait[] = [];
    for (const element of elements) {
      if (typeof element !== 'object' || element === null) continue;
      const note = noteOf(element, this.#owner);
      if (note === undefined) continue;
      if (note.waits !== undefined) waits.push(...note.waits);
      else note.awaiter ??= onward;
    }
    // One of those that were looked at may be an element.
    this.#mayAdopt ||= this.#looks > 0;
    if (waits.length > 0) this.follow(promise, waits);
    return waits;
  }

  /** Runs what makes one promise of several: what it asks of each is seen by nobody else. */
  joining<T>(run: () => T): T {
    return this.#isUsed ? this.#join.run(run) : run();
  }

  /** The code that runs now sleeps for what the promise has to wait for, now or later, whoever asks for a reaction to it. */
  restsOn(promise: object): void {
    const note = noteOf(promise, this.#owner);
    if (note?.waits !== undefined) this.#awaited(note.waits);
    else if (note !== undefined) note.awaiter ??= this.#sleeper();
  }

  /** Somebody asks for a reaction to `parent`. */
  asked(reaction: Hooked, parent: Hooked): void {
    if (!this.#isUsed) return;
    this.#beginning = null;
    if (this.#isChaining || this.#join.runs) return;
    // A chain: what it began with may turn into a task's only later.
    const note = noteFor(parent, this.#owner);
    if (parent === this.#last) note.awaiter = new Onward(reaction);
    else if (this.#mayAdopt && note.waits === undefined) this.#look(note, reaction);
    this.#last = reaction;
    this.#lastParent = note;
    if (note.waits !== undefined) this.#awaited(note.waits);
  }

  /** A reaction begins; one without a parent lets its promise take over what it was resolved with. */
  begin(reaction: Hooked, parent: Hooked | undefined): void {
    if (!this.#isUsed) return;
    this.#beginSlice(parent === undefined ? reaction : null);
    this.#beginning = reaction;
    this.#last = null;
  }

  /** Code ends. What awaits does nothing after it; what only asks for a reaction goes on. */
  end(): void {
    if (!this.#isUsed) return;
    this.#beginSlice(null);
    if (this.#last !== null) this.#endSlice();
  }

  /**
   * Nothing is left to run: what goes on with a value by `then` waits for it. Who has asked for that, and what he owes, is not
   * said to depend on it.
   */
  nothingLeft(): void {
    for (const wait of this.#handedOn.take()) this.#guarded(() => this.#session.queued(wait));
  }

  /** Runs code that is a slice of its own inside of another. */
  apart<T>(run: () => T): T {
    const last = this.#last;
    const lastParent = this.#lastParent;
    const mayAdopt = this.#mayAdopt;
    this.#last = null;
    this.#mayAdopt = false;
    try {
      return run();
    } finally {
      this.#endSlice();
      this.#last = last;
      this.#lastParent = lastParent;
      this.#mayAdopt = mayAdopt;
    }
  }

  #chained(promise: object, args: unknown[]): unknown {
    const waits = this.#waitsOf(promise) ?? [];
    // Whoever is called looks after errors.
    for (const wait of waits) wait.awaited = true;
    const beginning = this.#beginning;
    this.#beginning = null;
    if (this.#adopting !== null) this.#adopt(this.#adopting, waits);
    else if (beginning !== null && isCalledByEngine(this.#then.value as object)) {
      this.#runAs(beginning, () => this.#awaited(waits));
    }
    const outer = this.#isChaining;
    this.#isChaining = true;
    try {
      const { then } = Object.getPrototypeOf(promise) as PromiseLike<unknown>;
      const next = Reflect.apply(then, promise, args as never) as object;
      if (this.#join.runs) return next;
      noteFor(promise, this.#owner).awaiter = new Onward(this.#adopting ?? next);
      if (this.#adopting === null && waits.length > 0) this.#handOn(next, waits, args);
      return next;
    } finally {
      this.#isChaining = outer;
    }
  }

  /** A call of `then` asks for a reaction to a result that is followed. */
  #handOn(next: object, waits: readonly Wait[], [ok, failed]: readonly unknown[]): void {
    this.follow(next, waits);
    const open = typeof ok === 'function' ? waits.filter((wait) => wait.isAwake) : [];
    if (open.length === 0 || !isCalledByProgram(this.#then.value as object)) return;
    if (isResumption(ok) && typeof failed === 'function') this.#awaited(open);
    else this.#handedOn.add(open);
  }

  /**
   * The code may go on after it has asked, as what calls an async function does. Its stack is dear: it is taken where something
   * is owed, and of many that it asks at once some will do.
   */
  #look(note: PromiseNote, reaction: Hooked): void {
    this.#mayAdopt = false;
    if (this.#looks >= MAX_LOOKS || !this.#owes()) return;
    this.#looks++;
    note.awaiter = new AskedReaction(reaction, note.awaiter);
  }

  /** As far as is known now: more have been added than there is room for. */
  #isInLine({ pending, object }: Wait): boolean {
    return pending && object.holderCount + ++this.#added > object.key.capacity;
  }

  /** Stands for the code that runs now, which asks for no reaction. */
  #sleeper(): Hooked {
    const sleeper = {};
    noteFor(sleeper, this.#owner).history = this.#session.slice.history;
    return sleeper;
  }

  #owes(): boolean {
    const { slice, current } = this.#session;
    let owes = false;
    if (slice.history !== null) {
      current.forEachHeld(() => {
        owes = true;
      });
    }
    return owes;
  }

  #beginSlice(adopting: Hooked | null): void {
    this.#adopting = adopting;
    this.#beginning = null;
    this.#mayAdopt = false;
    this.#added = 0;
    this.#looks = 0;
  }

  #endSlice(): void {
    const reaction = this.#last;
    const parent = this.#lastParent;
    if (reaction === null || parent === null) return;
    this.#last = null;
    // What is joined of others may get more waits.
    const isOpen = parent.waits === undefined || parent.settling instanceof Joined;
    if (isOpen && !this.#owesMore(parent.awaiter, reaction)) parent.awaiter = reaction;
  }

  /** A library awaits a task's result beside whoever holds its slot until that is there. */
  #owesMore(known: PromiseNote['awaiter'], reaction: Hooked): boolean {
    if (known === undefined || known instanceof Onward || known instanceof AskedReaction) return false;
    return this.#newest(known) > this.#newest(reaction);
  }

  /** When the last began of what the code that has asked for a reaction has behind it. */
  #newest(reaction: Hooked): Tick {
    return noteOf(reaction, this.#owner)?.history?.at ?? NEVER;
  }

  /**
   * An async function or a reaction has returned a followed promise: whoever awaits what it has returned sleeps for the same,
   * and so does the one who awaits the end of a chain that goes on from there, as the code that made the chain.
   */
  #adopt(promise: Hooked, waits: readonly Wait[]): void {
    const note = noteOf(promise, this.#owner);
    const asked = note?.awaiter instanceof AskedReaction;
    this.follow(promise, waits);
    // Who has got his turn waits for nobody.
    if (asked && !waits.some((wait) => wait.pending)) return;
    const awaiter = this.#awaiterOf(note);
    if (awaiter instanceof Onward) this.#goOn(awaiter, waits);
    else if (awaiter !== undefined) this.#runAs(awaiter, () => this.#awaited(waits));
  }

  #goOn(first: Onward, waits: readonly Wait[]): void {
    let awaiter: Hooked | Onward | undefined = first;
    for (let links = 0; awaiter instanceof Onward && links < MAX_LINKS; links++) {
      const { to }: Onward = awaiter;
      const note = noteOf(to, this.#owner);
      awaiter = this.#awaiterOf(note);
      if (note?.settling instanceof Joined && !note.settling.add(waits)) return;
      this.follow(to, note?.waits === undefined ? waits : [...note.waits, ...waits]);
    }
    if (awaiter === undefined || awaiter instanceof Onward) this.#handedOn.add(waits);
    else this.#runAs(first.to, () => this.#awaited(waits));
  }

  #awaiterOf(note: PromiseNote | undefined): Hooked | Onward | undefined {
    const awaiter = note?.awaiter;
    if (note === undefined || !(awaiter instanceof AskedReaction)) return awaiter;
    note.awaiter = awaiter.awaiter;
    return note.awaiter;
  }

  #waitsOf(promise: Hooked): readonly Wait[] | undefined {
    return noteOf(promise, this.#owner)?.waits;
  }

  #awaited(waits: readonly Wait[]): void {
    try {
      for (let i = 0; i < waits.length; i++) {
        const wait = waits[i] as Wait;
        wait.awaited = true;
        if (wait.isAwake) this.#session.blocked(wait);
      }
    } catch (fault) {
      failed(fault, this.#session);
    }
  }

  #guarded(run: () => void): void {
    try {
      run();
    } catch (fault) {
      failed(fault, this.#session);
    }
  }
}

/** How TypeScript and esbuild, `co`, Babel and swc call what goes on with the function that an `await` has stopped. */
const RESUMPTIONS: ReadonlySet<string> = new Set(['fulfilled', 'onFulfilled', '_next']);

function isResumption(reaction: unknown): boolean {
  return typeof reaction === 'function' && RESUMPTIONS.has(reaction.name);
}
