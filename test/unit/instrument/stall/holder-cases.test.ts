import { beforeAll, describe, expect, test } from 'vitest';
import {
  isCalled,
  isFollowed,
  isGranted,
  isHistory,
  isHold,
  isInstanceNote,
  isLent,
  isNote,
  isSettling,
  isStep,
  isSymbol,
  isWait,
} from '../../../../instrument/heap/own-references.ts';
import { HOLDER_CASES } from '../../../../instrument/holders/holder-cases.ts';
import { CHILD_TIMEOUT_MS, formsOf } from './forms.ts';

const GOES_ON = true;
const UNKNOWN = false;

/** What the heap tells of the holder in each program of `holders/`. */
const CASES: Readonly<Record<string, readonly (readonly [name: string, goesOn: boolean])[]>> = {
  // Two steps: who owes the value waits for the lock, and who has the lock for the value.
  ofAValue: [
    ['owed', UNKNOWN],
    ['waits at the same place', UNKNOWN],
  ],
  byItself: [['given back aside', GOES_ON]],
  byTaskItself: [['waits himself', UNKNOWN]],
  byProcessAlone: [['given back aside', GOES_ON]],
  byProcessAloneFromAList: [['left to a listener', GOES_ON]],
  byTimer: [['left to a timer', GOES_ON]],
  byTimerOfALease: [['left to a timer', GOES_ON]],
  byTimerWithTheLock: [['left to a timer', GOES_ON]],
  byTimerThatLooks: [['waits himself', UNKNOWN]],
  byTimerThatRepeats: [['left to a timer', GOES_ON]],
  byTimerThatLooksAgain: [['not found', UNKNOWN]],
  byTimerThatTells: [['carried on', GOES_ON]],
  byTimerAfterAnotherLock: [['left to a timer', GOES_ON]],
  byTimerAfterBoth: [['left to a timer', GOES_ON]],
  byTimerOfAPackage: [['not found', UNKNOWN]],
  bySleeper: [['given back aside', GOES_ON]],
  bySleeperWithTheLock: [['given back aside', GOES_ON]],
  byEarlierTimer: [['given back aside', GOES_ON]],
  byItselfBesideASleeper: [['waits himself', UNKNOWN]],
  byCallerBesideASleeper: [['waits himself', UNKNOWN]],
  bySleeperThatLooks: [['waits himself', UNKNOWN]],
  bySleeperWithAnother: [['waits himself', UNKNOWN]],
  byProcess: [['given back aside', GOES_ON]],
  byProcessToPool: [['given back aside', GOES_ON]],
  byProcessWithLeave: [['given back aside', GOES_ON]],
  byProcessFromAList: [['handed on', GOES_ON]],
  byProcessWithTheConnection: [['listened for', GOES_ON]],
  byHandingOn: [['handed on', GOES_ON]],
  byFieldAlone: [['waits himself', UNKNOWN]],
  byServerThatMayCome: [['waits himself', UNKNOWN]],
  byMethodThatTakesFirst: [['waits himself', UNKNOWN]],
  byTask: [['given back aside', GOES_ON]],
  byTaskWithRelease: [['given back aside', GOES_ON]],
  byCallbackOfTask: [['given back aside', GOES_ON]],
  byTaskWithGuard: [['given back aside', GOES_ON]],
  byMethodOfTask: [['given back aside', GOES_ON]],
  byCallbackWritten: [['given back aside', GOES_ON]],
  byFinally: [['given back aside', GOES_ON]],
  byFinallyAlone: [['left to a listener', GOES_ON]],
  byGenerator: [['given back aside', GOES_ON]],
  byLostGenerator: [['waits himself', UNKNOWN]],
  byStream: [['given back aside', GOES_ON]],
  byFunctionHanded: [['given back aside', GOES_ON]],
  byObjectHanded: [['given back aside', GOES_ON]],
  byCallbackThatHandsOn: [['given back aside', GOES_ON]],
  byReader: [['given back aside', GOES_ON]],
  byCallbackOfThatName: [['given back aside', GOES_ON]],
  byTimerOfABucket: [['given back aside', GOES_ON]],
  byItselfBesideATimerThatLooks: [['waits himself', UNKNOWN]],
  byItselfInAJob: [['waits himself', UNKNOWN]],
  byItselfAfterAFile: [['waits himself', UNKNOWN]],
  byTaskThatTakes: [['waits himself', UNKNOWN]],
  byTaskWithAnother: [['waits himself', UNKNOWN]],
  byItselfBesideATask: [['waits himself', UNKNOWN]],
  byLibrary: [['waits himself', UNKNOWN]],
  byLibraryLater: [['given back aside', GOES_ON]],
  byLibraryAfterAQuery: [['given back aside', GOES_ON]],
  byLibraryThatAnotherUses: [['gave a task', UNKNOWN]],
  byTimerOfPQueue: [['given back aside', GOES_ON]],
  byTimerOfPLimit: [['given back aside', GOES_ON]],
  byTimerOfFastq: [['given back aside', GOES_ON]],
  byTimerOfAsync: [['given back aside', GOES_ON]],
  byTimerOfBottleneck: [['left to a timer', GOES_ON]],
  byTimerOfASemaphore: [['given back aside', GOES_ON]],
  byMethodOfAProcess: [['given back aside', GOES_ON]],
  byTimerThatMayRaise: [['limit changes', GOES_ON]],
  byTimerThatReads: [['waits himself', UNKNOWN]],
  byTimerOfAnother: [['waits himself', UNKNOWN]],
  byNobodyWhoRaises: [['waits himself', UNKNOWN]],
  askedAside: [['called for it', GOES_ON]],
  askedAsideOfACallback: [['called for it', GOES_ON]],
  askedToAnswer: [['called for it', UNKNOWN]],
  askedAndAwaited: [['called for it', UNKNOWN]],
  askedBesideAListener: [['called for it', UNKNOWN]],
  // Two steps: the answer of the one that was asked, and the requests of the one that is closed.
  closedAside: [
    ['called for it', GOES_ON],
    ['called for it', UNKNOWN],
  ],
  closedToAnswer: [
    ['called for it', UNKNOWN],
    ['called for it', UNKNOWN],
  ],
  byDone: [['given back aside', GOES_ON]],
  byWorker: [['given back aside', GOES_ON]],
  byMaker: [['owed', GOES_ON]],
  byLoader: [['owed', GOES_ON]],
  byLoaderItself: [['owed', UNKNOWN]],
  byMakerHimself: [['owed', UNKNOWN]],
  byWhoWaits: [['not found', UNKNOWN]],
  byTicket: [['not found', UNKNOWN]],
  byNobody: [['not found', UNKNOWN]],
  withCallback: [['waits at the same place', GOES_ON]],
  withCallbackAwaited: [['waits at the same place', UNKNOWN]],
  forEarlierAnswer: [['gave a task', GOES_ON]],
  forEarlierNews: [['gave a task', UNKNOWN]],
  forTimer: [['waits for timers', GOES_ON]],
  besideFunction: [['started a function', GOES_ON]],
  besideCallOfTheSame: [['started a function', GOES_ON]],
  forCallOfTheSame: [['waits himself', UNKNOWN]],
  besideFunctionOfService: [['started a function', GOES_ON]],
  besideFunctionWithPromises: [['started a function', GOES_ON]],
  asksAhead: [['asked aside', GOES_ON]],
  asksAheadForATask: [['given back aside', GOES_ON]],
  asksAndWaits: [['asked aside', UNKNOWN]],
  forNewsOfFunction: [['started a function', UNKNOWN]],
  forNewsByFunction: [['started a function', UNKNOWN]],
  besideFunctionThatMany: [['started a function', UNKNOWN]],
  besideFunctionOfAnotherKind: [['started a function', UNKNOWN]],
  besideTask: [['asked aside', GOES_ON]],
  besideTaskOfAnother: [['asked aside', GOES_ON]],
  besideTaskBeforeMany: [['asked aside', GOES_ON]],
  forNewsOfTask: [['asked aside', UNKNOWN]],
  besideCallback: [['asked in a callback', GOES_ON]],
  forCallback: [['asked in a callback', UNKNOWN]],
  besideHandler: [['called for it', GOES_ON]],
  besideHandlerWithCallback: [['called for it', GOES_ON]],
  besideMaking: [['called for it', GOES_ON]],
  besideMakingByTimer: [['called for it', GOES_ON]],
  forMaking: [['called for it', UNKNOWN]],
  inHandler: [['called for it', UNKNOWN]],
  inHelperOfHandler: [['called for it', UNKNOWN]],
  besideItself: [['called for it', GOES_ON]],
  besideItselfForAWhile: [['called for it', GOES_ON]],
  byRace: [['waits himself', UNKNOWN]],
  byRaceOfAnother: [['waits himself', UNKNOWN]],
  byTimeLimit: [['waits himself', UNKNOWN]],
  byTimerAsWell: [['waits himself', UNKNOWN]],
  byRaceOfHisCaller: [['waits himself', UNKNOWN]],
  byRaceWithoutTimer: [
    ['waits himself', UNKNOWN],
    ['waits himself', UNKNOWN],
  ],
};

/** What `holders/look.ts` prints. */
interface Seen {
  readonly cases: Readonly<Record<string, unknown>>;
  /** Those in which a timer lets the holder go on. */
  readonly limited: readonly string[];
  /** `owner|name|target`: classes of dept, or nothing. */
  readonly references: readonly string[];
  readonly hasCapturedStacks: boolean;
}

describe.each(formsOf<Seen>('holders'))('dept %s', (_form, lookAtIt) => {
  let seen: Seen = { cases: {}, limited: [], references: [], hasCapturedStacks: false };
  beforeAll(async () => {
    seen = await lookAtIt();
  }, CHILD_TIMEOUT_MS);

  test.each(Object.entries(CASES))('knows of the holder of %s: %j', (program, cases) => {
    expect(seen.cases[program]).toEqual(cases);
  });

  test('knows whom a timer lets go on, whatever becomes of what he waits for', () => {
    expect(seen.limited).toEqual(['byRace', 'byRaceOfAnother', 'byTimeLimit']);
  });

  test('is asked of every program, and each case has one', () => {
    expect(Object.keys(seen.cases).sort()).toEqual(Object.keys(CASES).sort());
    const names = Object.values(CASES).flatMap((cases) => cases.map(([name]) => name));
    expect([...new Set(names)].sort()).toEqual(HOLDER_CASES.map(({ name }) => name).sort());
  });

  test.each([
    ['a claim to what is held', 'Claim', isHold, 'EventContext'],
    ['a loan to what is held', 'Object', isHold, 'EventContext'],
    ['a ticket to its claim', 'Ticket', isHold, 'Claim'],
    ['a guard to what is held', 'Guard', isGranted, 'EventContext'],
    ['a claim to what is lent', 'Claim', isLent, ''],
    ['a claim to its wait', 'Claim', isWait, 'Wait'],
    ['a promise to its history', 'Promise', isHistory, 'EventContext'],
    ['a step to the one before it', 'Object', isStep, 'EventContext'],
    ['a promise to the wait that settles it', 'Promise', isSettling, 'Wait'],
    ['a promise to the waits that it is followed for', 'Promise', isFollowed, 'Array'],
    ['a function of dept to what it calls', '', isCalled, 'answering'],
    ['an object of a package to what is noted of it', '', isSymbol, ''],
    ['an object of a package to what is known of it', 'AwaitLock', isInstanceNote, 'Object'],
  ])('has a reference of the name that is looked for: %s', (_what, from, isIt, to) => {
    const all = seen.references.map((reference) => reference.split('|'));
    expect(all.filter(([owner, name = '', target]) => owner === from && target === to && isIt(name))).not.toEqual([]);
  });

  test('notes nothing on promises that could be taken for what a program keeps there', () => {
    const noted = seen.references.map((reference) => reference.split('|')).filter(([owner]) => owner === 'Promise');
    expect(noted.length).toBeGreaterThan(0);
    expect(noted.filter(([, name = '']) => !isNote(name, true))).toEqual([]);
  });

  test('knows its captured stacks', () => {
    expect(seen.hasCapturedStacks).toBe(true);
  });
});
