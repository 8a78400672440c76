import type { Wait } from '../src/core/wait.ts';
import type { Step } from '../src/tracker/stuck-waits.ts';
import type { WaitsFor } from '../src/tracker/waits-for.ts';
import { nothingComes, nothingRuns } from './node/stall-clock.ts';

/** How long a suspected deadlock of asynchronous code must last before it is reported, in milliseconds. */
export const CONFIRM_AFTER_MS = 250;

/** How many times longer while a timer or a request is under way: code beside the wait may still end the hold. */
const LOOKS_WHEN_BUSY = 7;
/** Suspects beside which somebody seems to go on, or nobody can look, are told all the same when they have lasted for so many looks: half a minute. */
const TOLD_AFTER = 30_000 / CONFIRM_AFTER_MS;
/** What has lasted for so many looks, three seconds, when nothing follows is taken for a deadlock. */
const LEFT_AFTER = 3_000 / CONFIRM_AFTER_MS;
/** At the most so many pass between two questions about the same circle of classes: a minute. */
const MAX_PATIENCE = 60_000 / CONFIRM_AFTER_MS;

export type Circle = readonly Step[];

/** Somebody who was taken to be stuck goes on: what ends the circle is under way, or may be, as far as the heap shows. */
export type Going = 'certainly' | 'seemingly';

/**
 * Says of which of these circles somebody goes on; null where nobody can look.
 * @param all all circles that are suspected now, these among them
 */
export type Judge = (circles: readonly Circle[], all: readonly Circle[]) => ReadonlyMap<Circle, Going> | null;

interface Suspect {
  readonly since: number;
  /** Not asked about before. */
  asksAt: number;
}

/** Says when the deadlocks that are suspected in a running program have lasted long enough to be told. */
export class Suspicion {
  readonly #waitsFor: WaitsFor;
  readonly #judge: Judge | null;
  readonly #suspects = new Map<Wait, Suspect>();
  /** How long the suspects of a circle of classes may last before it is asked about, where somebody went on. */
  readonly #patience = new Map<string, number>();
  #now = 0;

  /** @param judge asked seldom, for it may be dear; null where nobody can be asked */
  constructor(waitsFor: WaitsFor, judge: Judge | null = null) {
    this.#waitsFor = waitsFor;
    this.#judge = judge;
  }

  /** To be called every `CONFIRM_AFTER_MS`. @returns the waits that are to be spared when the others are confirmed now; null when none is */
  due(): readonly Wait[] | null {
    this.#now++;
    const { lasting, suspects } = this.#waitsFor;
    for (const wait of this.#suspects.keys()) if (!lasting.has(wait)) this.#suspects.delete(wait);
    if (suspects.size === 0) return null;
    const told = new Set(this.#toldOf(this.#ripe(lasting)));
    // A new one counts from the next confirmation.
    if (told.size === 0 && suspects.size === lasting.size) return null;
    return [...lasting].filter((wait) => !told.has(wait));
  }

  /** Nobody will look again, and the program may go on. @returns the waits that are to be spared when the others are confirmed now */
  atClose(): readonly Wait[] {
    const isNew = (wait: Wait): boolean => this.#now - this.#suspectOf(wait).since < LEFT_AFTER;
    return [...this.#waitsFor.suspects].filter(isNew);
  }

  /** The program ends itself, whatever is under way. @returns the waits that are to be spared when all are confirmed now */
  atExit(): readonly Wait[] {
    const circles = [...this.#waitsFor.suspects].flatMap((wait) => [this.#waitsFor.circleOf(wait) ?? []]);
    const asked = circles.filter(({ length }) => length > 0);
    const going = asked.length === 0 ? null : this.#judge?.(asked, asked);
    return [...(going?.keys() ?? [])].map(rootOf);
  }

  /** Those that have lasted long enough to be asked about. */
  #ripe(lasting: ReadonlySet<Wait>): readonly Wait[] {
    const isQuiet = nothingRuns();
    return [...lasting].filter((wait) => {
      let suspect = this.#suspects.get(wait);
      if (suspect === undefined) {
        suspect = { since: this.#now - 1, asksAt: 0 };
        this.#suspects.set(wait, suspect);
      }
      if (suspect.asksAt > 0) return this.#now >= suspect.asksAt;
      return isQuiet || this.#now - suspect.since >= LOOKS_WHEN_BUSY;
    });
  }

  #toldOf(ripe: readonly Wait[]): readonly Wait[] {
    const told: Wait[] = [];
    const asked: Circle[] = [];
    for (const wait of ripe) {
      const circle = this.#waitsFor.circleOf(wait);
      const asksAt = this.#suspectOf(wait).since + (this.#patience.get(classesOf(circle ?? [])) ?? 0);
      // It has gone away by itself.
      if (circle === null) told.push(wait);
      else if (this.#now >= asksAt) asked.push(circle);
      else this.#suspectOf(wait).asksAt = asksAt;
    }
    if (asked.length > 0) told.push(...this.#ask(asked).map(rootOf));
    return told;
  }

  /** @returns those that are to be told */
  #ask(circles: readonly Circle[]): readonly Circle[] {
    const all = [...this.#waitsFor.suspects].flatMap((wait) => [this.#waitsFor.circleOf(wait) ?? []]);
    const going = this.#judge?.(circles, all) ?? null;
    if (going === null) return circles.filter((circle) => this.#isToldBlindly(circle));
    return circles.filter((circle) => {
      const how = going.get(circle);
      const suspect = this.#suspectOf(rootOf(circle));
      const age = this.#now - suspect.since;
      if (how === undefined || (how === 'seemingly' && age >= TOLD_AFTER)) {
        // One that is left suspected when it is told is asked about again, as after a time limit there may be none.
        suspect.asksAt = this.#now + Math.min(age, MAX_PATIENCE);
        return true;
      }
      const more = Math.min(age, how === 'certainly' ? MAX_PATIENCE : TOLD_AFTER - age);
      suspect.asksAt = this.#now + more;
      this.#patience.set(classesOf(circle), Math.min(age + more, MAX_PATIENCE));
      return false;
    });
  }

  /** What comes from outside may still end it. */
  #isToldBlindly(circle: Circle): boolean {
    const suspect = this.#suspectOf(rootOf(circle));
    const isOld = this.#now - suspect.since >= TOLD_AFTER;
    if (!isOld) suspect.asksAt = this.#now + 1;
    return isOld || nothingComes();
  }

  #suspectOf(wait: Wait): Suspect {
    return this.#suspects.get(wait) ?? { since: this.#now, asksAt: 0 };
  }
}

/** The wait that closes it. */
function rootOf([first]: Circle): Wait {
  return (first as Step).wait;
}

function classesOf(circle: Circle): string {
  return circle.map(({ wait, held }) => `${wait.object.key.id} ${held.object.key.id}`).join(' ');
}
