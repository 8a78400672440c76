import type { Finding } from '../../src/core/finding.ts';

/** A test as its runner knows it. */
export interface RunningTest {
  /** The same for every attempt at this test, different from every other test's. */
  readonly id: unknown;
  /** Its full name, ` > ` between the parts. */
  readonly name: string;
}

/** A finding and what is known about the test it was made in. */
export interface Attributed {
  readonly finding: Finding;
  /** True when it was made before its test began: while the file was loaded, in a hook, or by what an earlier test left. */
  readonly isEarlier: boolean;
  /** Names of the other tests that ran at that moment, any of which may have made it. */
  readonly alongside: readonly string[];
}

interface Pending extends Attributed {
  readonly candidates: ReadonlySet<unknown>;
}

/**
 * Says which test a finding belongs to: the one whose code made it, where the runner tells; else the one that ran; else,
 * of several that ran at once, the first to end; else, when none ran, the next one to end.
 */
export class FindingLedger {
  readonly #running = new Map<unknown, RunningTest>();
  readonly #pending: Pending[] = [];
  /** Findings are made once, so a second attempt at a test would pass without them. */
  readonly #told = new Map<unknown, readonly Attributed[]>();

  /** True while a test runs. */
  get isRunning(): boolean {
    return this.#running.size > 0;
  }

  /** True while no test runs beside this one; one that has it for a sub-test only waits for it. */
  isAlone({ id, name }: RunningTest): boolean {
    return [...this.#running.values()].every((other) => other.id === id || name.startsWith(`${other.name} > `));
  }

  /** True where what this test will have to answer for says why it does not go on. */
  hasDeadlock({ id }: RunningTest): boolean {
    return this.#pending.some(({ finding, candidates }) => finding.kind === 'deadlock' && candidates.has(id));
  }

  begin(test: RunningTest): void {
    this.#running.set(test.id, test);
  }

  /** A finding is made now. @param owner the test whose code runs, where the runner tells */
  add(finding: Finding, owner: RunningTest | null = null): void {
    const isKnown = owner !== null && this.#running.has(owner.id);
    const candidates = isKnown ? [owner] : innermost([...this.#running.values()]);
    this.#pending.push({
      finding,
      isEarlier: candidates.length === 0,
      alongside: candidates.length < 2 ? [] : candidates.map(({ name }) => name),
      candidates: new Set(candidates.map(({ id }) => id)),
    });
  }

  /** The test ends. @returns what it has to answer for, what it had to at an earlier attempt included */
  end({ id, name }: RunningTest): readonly Attributed[] {
    this.#running.delete(id);
    const own = this.#take(({ candidates }) => candidates.size === 0 || candidates.has(id));
    const all = [
      ...(this.#told.get(id) ?? []),
      ...own.map(({ finding, isEarlier, alongside }) => {
        return { finding, isEarlier, alongside: alongside.filter((other) => other !== name) };
      }),
    ];
    if (all.length > 0) this.#told.set(id, all);
    return all;
  }

  /** Takes what was found so far and is not yet told; it will be told to nobody else. */
  take(): readonly Finding[] {
    return this.#take(() => true).map(({ finding }) => finding);
  }

  #take(isWanted: (pending: Pending) => boolean): readonly Pending[] {
    const wanted = this.#pending.filter(isWanted);
    const left = this.#pending.filter((each) => !wanted.includes(each));
    this.#pending.splice(0, this.#pending.length, ...left);
    return wanted;
  }
}

/** A test that runs a sub-test only waits for it. */
function innermost(tests: readonly RunningTest[]): readonly RunningTest[] {
  return tests.filter(({ name }) => !tests.some((other) => other.name.startsWith(`${name} > `)));
}
