import { beforeEach, describe, expect, test } from 'vitest';
import { ThreadCircles } from '../../../instrument/threads/thread-circles.ts';
import type { SharedWait, ThreadStand, Wanted } from '../../../instrument/threads/thread-stand.ts';
import type { Finding } from '../../../src/core/finding.ts';
import type { Tick } from '../../../src/core/ids.ts';

const MANY_LOOKS = 40;

/** The threads of a process, as they say they stand. */
class Threads {
  readonly findings: Finding[] = [];
  readonly #stands = new Map<number, ThreadStand>();
  readonly #circles = new ThreadCircles({
    own: () => this.#stands.get(0) as ThreadStand,
    ask: (question) => this.#ask(question),
    onFinding: (finding) => void this.findings.push(finding),
    now: () => 0 as Tick,
    isIdle: () => this.isIdle,
  });
  isIdle = true;
  /** Workers that do not answer: synchronous code runs in them. */
  readonly deaf = new Set<number>();
  #lastQuestion = 0;

  constructor() {
    this.stand(0, []);
  }

  stand(thread: number, waits: readonly SharedWait[], how: Partial<ThreadStand> = {}): void {
    const stand = { thread, waits, isQuiet: true, isBlocked: false, answers: null, ...how };
    this.#stands.set(thread, stand);
    if (thread !== 0) this.#circles.hear(stand);
  }

  look(times = MANY_LOOKS): readonly string[] {
    const running = [...this.#stands.keys()].filter((thread) => thread !== 0);
    for (let time = 0; time < times; time++) this.#circles.look(running);
    return this.findings.map(({ code, message }) => `${code} ${message}`);
  }

  get wasAsked(): boolean {
    return this.#lastQuestion > 0;
  }

  #ask(question: number): void {
    this.#lastQuestion = question;
    for (const [thread, stand] of this.#stands) {
      if (thread === 0 || stand.isBlocked || this.deaf.has(thread)) continue;
      this.#circles.hear({ ...stand, answers: question });
    }
  }
}

let threads: Threads;
beforeEach(() => {
  threads = new Threads();
});

function waits(wanted: Wanted, keeps: readonly string[] = [], id = 1): SharedWait {
  const kept = keeps.map((name) => ({ name, isShared: false, stack: null }));
  return { id, contextName: 'main', label: 'once', wanted, stack: null, keeps: kept };
}

const message = (thread: number): Wanted => ({ kind: 'message', thread });
const lock = (name: string, isShared = false): Wanted => ({ kind: 'lock', name, isShared });
const MEMORY: Wanted = { kind: 'memory', name: 'Int32Array[0]' };

describe('threads that wait for each other', () => {
  test('for messages', () => {
    threads.stand(0, [waits(message(1))]);
    threads.stand(1, [waits(message(0))]);
    expect(threads.look()).toEqual([
      'DEPT002 main thread waits for a message of worker 1, and worker 1 waits for a message of the main thread: none of them can go on.',
    ]);
  });

  test('for a lock, while its holder waits for a message', () => {
    threads.stand(0, [waits(message(1), ['prices'])]);
    threads.stand(1, [waits(lock('prices'))]);
    expect(threads.look()).toEqual([expect.stringMatching(/^DEPT002 .* worker 1 waits for the lock prices/)]);
  });

  test('for shared memory, in a thread that answers nobody', () => {
    threads.stand(0, [waits(message(1))]);
    threads.stand(1, [waits(MEMORY)], { isBlocked: true });
    expect(threads.look()).toEqual([expect.stringMatching(/^DEPT002 .* a notification of Int32Array\[0\]/)]);
  });

  test('in a ring of three, told from the wait it was found at', () => {
    threads.stand(0, [waits(message(1))]);
    threads.stand(1, [waits(lock('ledger'))]);
    threads.stand(2, [waits(message(0), ['ledger'])]);
    threads.look();
    expect(threads.findings[0]?.circle.map(({ context }) => context.name)).toEqual([
      'worker 2',
      'worker 1',
      'main thread',
    ]);
    for (const [index, { to }] of (threads.findings[0]?.circle ?? []).entries()) {
      expect(to).toBe(threads.findings[0]?.circle.at(index - 1)?.from);
    }
  });

  test("for each other's locks, whatever else they do", () => {
    threads.isIdle = false;
    threads.stand(0, [waits(lock('b'), ['a'])], { isQuiet: false });
    threads.stand(1, [waits(lock('a'), ['b'])], { isQuiet: false });
    expect(threads.look()).toHaveLength(1);
  });

  test('are told of once, and the same in each run', () => {
    threads.stand(0, [waits(message(1))]);
    threads.stand(1, [waits(message(0))]);
    threads.look();
    threads.look();
    expect(threads.findings).toHaveLength(1);
    const others = new Threads();
    others.stand(0, [waits(message(7))]);
    others.stand(7, [waits(message(0))]);
    others.look();
    expect(others.findings[0]?.fingerprint).toBe(threads.findings[0]?.fingerprint);
  });
});

describe('nothing is told', () => {
  beforeEach(() => {
    threads.stand(0, [waits(message(1))]);
    threads.stand(1, [waits(message(0))]);
  });

  test('before it has lasted', () => {
    expect(threads.look(8)).toEqual([]);
  });

  test('while a thread computes', () => {
    threads.isIdle = false;
    expect(threads.look()).toEqual([]);
  });

  test('while something else may let one of them go on', () => {
    for (const busy of [0, 1]) {
      threads.stand(busy, [waits(message(1 - busy))], { isQuiet: false });
      expect(threads.look()).toEqual([]);
      threads.stand(busy, [waits(message(1 - busy))]);
    }
  });

  test('while a third one has something to do, or does not say', () => {
    threads.stand(2, [], { isQuiet: false });
    expect(threads.look()).toEqual([]);
    threads.stand(2, []);
    threads.deaf.add(2);
    expect(threads.look()).toEqual([]);
  });

  test('of a worker that has got its message and works on it without a pause', () => {
    threads.deaf.add(1);
    expect(threads.look()).toEqual([]);
  });

  test('of waits that end and begin again', () => {
    for (let id = 2; id < MANY_LOOKS; id++) {
      threads.stand(1, [waits(message(0), [], id)]);
      threads.look(3);
    }
    expect(threads.findings).toEqual([]);
  });
});

describe('no circle, and so nobody is asked', () => {
  test('a worker that waits for work', () => {
    threads.stand(1, [waits(message(0))]);
    expect(threads.look()).toEqual([]);
    expect(threads.wasAsked).toBe(false);
  });

  test('a lock that nobody keeps, or that both may have', () => {
    threads.stand(0, [waits(message(1))]);
    threads.stand(1, [waits(lock('prices'))]);
    expect(threads.look()).toEqual([]);
    threads.stand(0, [{ ...waits(message(1)), keeps: [{ name: 'prices', isShared: true, stack: null }] }]);
    threads.stand(1, [waits(lock('prices', true))]);
    expect(threads.look()).toEqual([]);
    expect(threads.wasAsked).toBe(false);
  });

  test('waits of one thread', () => {
    threads.stand(1, [waits(lock('a'), ['b'], 1), waits(lock('b'), ['a'], 2)]);
    expect(threads.look()).toEqual([]);
  });
});
