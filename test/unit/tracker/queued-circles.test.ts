import { describe, expect, test } from 'vitest';
import type { EventContext } from '../../../src/core/event-context.ts';
import type { Finding } from '../../../src/core/finding.ts';
import type { History } from '../../../src/core/history.ts';
import { LOCK } from '../../../src/core/how.ts';
import { Session } from '../../../src/core/session.ts';
import type { TrackedObject } from '../../../src/core/tracked-object.ts';
import type { Wait } from '../../../src/core/wait.ts';
import { WaitsFor } from '../../../src/tracker/waits-for.ts';

/** Asynchronous code in which each says what he has behind him. */
class Queues {
  readonly session = new Session();
  readonly found: Finding[] = [];
  readonly waitsFor = new WaitsFor(this.session, { onFinding: (finding) => this.found.push(finding) });

  constructor() {
    this.session.addObserver(this.waitsFor);
  }

  queue(name: string, capacity = 1): TrackedObject {
    return this.session.object({ kind: 'queue', name, capacity });
  }

  /** A task begins at once. */
  begin(queue: TrackedObject, behind: History | null = null): EventContext {
    return this.session.granted(this.#wait(queue, behind));
  }

  /** A task is added with a callback, and does not begin. */
  add(queue: TrackedObject, behind: History | null = null): Wait {
    const wait = this.#wait(queue, behind);
    this.session.queued(wait);
    return wait;
  }

  stuck(isOld: (wait: Wait) => boolean = () => true): readonly Wait[] {
    return [
      ...new Set(
        this.waitsFor
          .queuedCircles(isOld)
          .steps()
          .map(({ wait }) => wait),
      ),
    ];
  }

  #wait(queue: TrackedObject, behind: History | null): Wait {
    this.session.slice.history = behind;
    const wait = this.session.wait(queue, LOCK);
    this.session.slice.history = null;
    return wait;
  }
}

describe('what was asked for with a callback by who holds something', () => {
  test('may be a circle, and is told only when it is known to keep what is held', () => {
    const queues = new Queues();
    const queue = queues.queue('q');
    const held = queues.begin(queue);
    const wait = queues.add(queue, held);
    queues.waitsFor.confirm(true);
    expect(queues.found).toEqual([]);
    expect(queues.stuck()).toEqual([wait]);
    queues.waitsFor.keep([{ wait, held }]);
    expect(queues.found.map(({ code, circle }) => [code, circle.length])).toEqual([['DEPT002', 1]]);
    expect(queues.stuck()).toEqual([]);
  });

  test('is none where it was asked for by somebody else, or what is held was given back', () => {
    const queues = new Queues();
    const queue = queues.queue('q');
    const held = queues.begin(queue);
    queues.add(queue);
    expect(queues.stuck()).toEqual([]);
    queues.add(queue, held);
    queues.session.exit(held);
    queues.begin(queue);
    expect(queues.stuck()).toEqual([]);
  });

  test('is not looked at before it is old', () => {
    const queues = new Queues();
    const queue = queues.queue('q');
    queues.add(queue, queues.begin(queue));
    expect(queues.stuck(() => false)).toEqual([]);
  });

  test('is stuck only with every slot, and whoever has stood in the line before is stuck as well', () => {
    const queues = new Queues();
    const queue = queues.queue('q', 2);
    const [first, second] = [queues.begin(queue), queues.begin(queue)];
    const others = [queues.add(queue), queues.add(queue, first), queues.add(queue, first)];
    expect(queues.stuck()).toEqual([]);
    const last = queues.add(queue, second);
    expect(queues.stuck()).toEqual([...others, last]);
  });

  test('goes on with whoever goes on', () => {
    const queues = new Queues();
    const [a, b] = [queues.queue('a'), queues.queue('b')];
    const [inA, inB] = [queues.begin(a), queues.begin(b)];
    const [forB, forA] = [queues.add(b, inA), queues.add(a, inB)];
    const circles = queues.waitsFor.queuedCircles(() => true);
    expect(circles.steps()).toEqual([
      { wait: forB, held: inB },
      { wait: forA, held: inA },
    ]);
    circles.goesOn(inA);
    expect(circles.steps()).toEqual([]);
  });

  test('is told once for all that are stuck together', () => {
    const queues = new Queues();
    const queue = queues.queue('q', 2);
    const steps = [queues.begin(queue), queues.begin(queue)].map((held) => ({ wait: queues.add(queue, held), held }));
    queues.waitsFor.keep(steps);
    expect(queues.found.map(({ code }) => code)).toEqual(['DEPT002']);
    expect(queues.stuck()).toEqual([]);
  });
});
