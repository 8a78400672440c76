import { expect, test } from 'vitest';
import { isAnswered, isAsked } from '../../../../instrument/node/unanswered-requests.ts';
import { StandingRequests } from '../../../../instrument/stall/standing-requests.ts';

/** More than are ever asked for. */
const MANY = 1_000;

/** How many looks it takes until the first request that is owed now is said to stand; null where it never is. */
function looksUntilTold(requests: StandingRequests): number | null {
  const slot = isAsked({ lent: { headersSent: false } });
  try {
    for (let looks = 1; looks <= MANY; looks++) if (requests.look()) return looks;
    return null;
  } finally {
    isAnswered(slot);
    requests.look();
  }
}

const yes = (): boolean => true;
const no = (): boolean => false;

test('a request stands after a second in which nothing can let anybody go on, for three requests', () => {
  const requests = new StandingRequests({ isStanding: yes, isIdle: no, isAboutToWake: no });
  const told = [1, 2, 3, 4].map(() => looksUntilTold(requests));
  expect(told).toEqual([6, 6, 6, null]);
});

test('a request stands when the process has done nothing for long, and twice as long the next time', () => {
  const requests = new StandingRequests({ isStanding: no, isIdle: yes, isAboutToWake: no });
  const told = [1, 2, 3].map(() => looksUntilTold(requests));
  expect(told).toEqual([18, 34, 66]);
});

test('whoever is about to wake up may be who answers: this is waited for as long again', () => {
  const requests = new StandingRequests({ isStanding: no, isIdle: yes, isAboutToWake: yes });
  expect([1, 2].map(() => looksUntilTold(requests))).toEqual([34, 66]);
});

test('a process that computes now and then does not stand', () => {
  let looks = 0;
  const requests = new StandingRequests({ isStanding: no, isIdle: () => ++looks % 10 !== 0, isAboutToWake: no });
  expect(looksUntilTold(requests)).toBeNull();
});

test('what stands is told once', () => {
  const requests = new StandingRequests({ isStanding: yes, isIdle: yes, isAboutToWake: no });
  const slot = isAsked({ lent: { headersSent: false } });
  const told = Array.from({ length: MANY }, () => requests.look()).filter((isTold) => isTold);
  isAnswered(slot);
  expect(told).toHaveLength(1);
});
