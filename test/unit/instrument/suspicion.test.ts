import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Circle, CONFIRM_AFTER_MS, type Going, type Judge, Suspicion } from '../../../instrument/suspicion.ts';
import type { EventContext } from '../../../src/core/event-context.ts';
import type { Wait } from '../../../src/core/wait.ts';
import type { WaitsFor } from '../../../src/tracker/waits-for.ts';

/** How many looks make that many milliseconds. */
const looks = (ms: number): number => ms / CONFIRM_AFTER_MS;

/** A wait for an object of this class that is suspected to be in a circle by itself. */
function suspect(key: number): Wait {
  return { object: { key: { id: key } } } as Wait;
}

function circleOf(wait: Wait): Circle {
  return [{ wait, held: { object: wait.object } as EventContext }];
}

/** Those that are suspected, as `WaitsFor` knows them: told, or gone away, they are no more. */
class Suspects {
  readonly lasting = new Set<Wait>();
  readonly #fresh = new Set<Wait>();
  readonly #circles = new Map<Wait, Circle>();

  get suspects(): ReadonlySet<Wait> {
    return new Set([...this.lasting, ...this.#fresh]);
  }

  add(wait: Wait): Wait {
    this.#circles.set(wait, circleOf(wait));
    this.#fresh.add(wait);
    return wait;
  }

  end(wait: Wait): void {
    this.lasting.delete(wait);
    this.#fresh.delete(wait);
  }

  circleOf(wait: Wait): Circle | null {
    return this.#circles.get(wait) ?? null;
  }

  /** @returns those that are told */
  confirm(spared: readonly Wait[]): readonly Wait[] {
    const told = [...this.lasting].filter((wait) => !spared.includes(wait));
    for (const wait of told) this.end(wait);
    for (const wait of this.#fresh) this.lasting.add(wait);
    this.#fresh.clear();
    return told;
  }
}

const suspects = { now: new Suspects() };
const judging = (going: Going | null, asked: Circle[] = []): Judge => {
  return (circles) => {
    asked.push(...circles);
    return new Map(going === null ? [] : circles.map((circle) => [circle, going]));
  };
};

/** The numbers of the looks at which each is told, out of so many. */
function told(suspicion: Suspicion, count: number): readonly (readonly [number, Wait])[] {
  return Array.from({ length: count }, (_, index) => {
    const spared = suspicion.due();
    const now = spared === null ? [] : suspects.now.confirm(spared);
    return now.map((wait) => [index + 1, wait] as const);
  }).flat();
}

function suspicionOf(judge: Judge | null): Suspicion {
  return new Suspicion(suspects.now as unknown as WaitsFor, judge);
}

describe('what is suspected while a timer is under way', () => {
  let timer: NodeJS.Timeout;
  beforeEach(() => {
    timer = setTimeout(() => undefined, 1_000_000);
    suspects.now = new Suspects();
  });
  afterEach(() => clearTimeout(timer));

  test('is told after half a minute where nobody looks whether a holder goes on', () => {
    const wait = suspects.now.add(suspect(1));
    expect(told(suspicionOf(null), looks(40_000))).toEqual([[1 + looks(30_000), wait]]);
  });

  test('is told when nobody will look again, once it has lasted for three seconds', () => {
    const suspicion = suspicionOf(null);
    const first = suspects.now.add(suspect(1));
    expect(told(suspicion, looks(1_000))).toEqual([]);
    const second = suspects.now.add(suspect(2));
    expect(told(suspicion, looks(2_250))).toEqual([]);
    expect(suspicion.atClose()).toEqual([second]);
    expect(suspects.now.confirm(suspicion.atClose())).toEqual([first]);
  });

  test('is told sooner where it is looked whether a holder goes on', () => {
    const wait = suspects.now.add(suspect(1));
    expect(told(suspicionOf(judging(null)), looks(6_000))).toEqual([[1 + looks(1_750), wait]]);
  });

  test('counts for itself: one that comes later is told later', () => {
    const suspicion = suspicionOf(judging(null));
    const first = suspects.now.add(suspect(1));
    expect(told(suspicion, looks(1_000))).toEqual([]);
    const second = suspects.now.add(suspect(2));
    expect(told(suspicion, looks(6_000))).toEqual([
      [1 + looks(750), first],
      [1 + looks(1_750), second],
    ]);
  });

  test('is asked about again after twice the time where it is told and left suspected, as what a timer may end', () => {
    const wait = suspects.now.add(suspect(1));
    const asked: Circle[] = [];
    const suspicion = suspicionOf(judging(null, asked));
    for (let look = 1; look <= looks(20_000); look++) {
      suspicion.due();
      suspects.now.confirm([wait]);
    }
    // After 1.75, 3.5, 7 and 14 s.
    expect(asked.length).toBe(4);
  });

  test('is asked about again after twice the time where a holder seems to go on, and told after half a minute', () => {
    const wait = suspects.now.add(suspect(1));
    const asked: Circle[] = [];
    expect(told(suspicionOf(judging('seemingly', asked)), looks(40_000))).toEqual([[1 + looks(30_000), wait]]);
    expect(asked.length).toBe(6);
  });

  test('is never told while a holder certainly goes on, and asked about once a minute at last', () => {
    suspects.now.add(suspect(1));
    const asked: Circle[] = [];
    expect(told(suspicionOf(judging('certainly', asked)), looks(600_000))).toEqual([]);
    expect(asked.length).toBeLessThan(16);
  });

  test('is not asked about before its like has lasted as long as those beside whom somebody went on', () => {
    const asked: Circle[] = [];
    const suspicion = suspicionOf(judging('certainly', asked));
    // Each waits for two seconds, one after the other.
    for (let task = 0; task < 50; task++) {
      const wait = suspects.now.add(suspect(1));
      expect(told(suspicion, looks(2_000))).toEqual([]);
      suspects.now.end(wait);
    }
    expect(asked.length).toBe(1);
    const other = suspects.now.add(suspect(2));
    told(suspicion, looks(2_000));
    expect(asked.slice(1)).toEqual([circleOf(other)]);
  });

  test('is told beside another one that goes on', () => {
    const [going, stuck] = [suspect(1), suspect(2)].map((wait) => suspects.now.add(wait)) as [Wait, Wait];
    const judge: Judge = (circles) =>
      new Map(circles.filter(([step]) => step?.wait === going).map((circle) => [circle, 'certainly']));
    expect(told(suspicionOf(judge), looks(6_000))).toEqual([[1 + looks(1_750), stuck]]);
  });

  test('is told after half a minute where the heap cannot be read', () => {
    const wait = suspects.now.add(suspect(1));
    expect(
      told(
        suspicionOf(() => null),
        looks(40_000),
      ),
    ).toEqual([[1 + looks(30_000), wait]]);
  });

  test('is told when the program ends itself, unless somebody goes on', () => {
    const [going, stuck] = [suspect(1), suspect(2)].map((wait) => suspects.now.add(wait)) as [Wait, Wait];
    const judge: Judge = (circles) =>
      new Map(circles.filter(([step]) => step?.wait === going).map((circle) => [circle, 'seemingly']));
    expect(suspicionOf(judge).atExit()).toEqual([going]);
    expect(suspicionOf(null).atExit()).toEqual([]);
    suspects.now.end(going);
    suspects.now.end(stuck);
    expect(suspicionOf(judge).atExit()).toEqual([]);
  });
});
