import type { StepInHeap } from './step-in-heap.ts';

/** One way in which a holder, and who waits in his name, may stand in the heap. */
export interface HolderCase {
  readonly name: string;
  readonly applies: (step: StepInHeap) => boolean;
  /** True when the holder goes on without him, so that the circle is none. */
  readonly goesOn: (step: StepInHeap) => boolean;
}

/** In this order: the first that applies decides. */
export const HOLDER_CASES: readonly HolderCase[] = [
  {
    // Who hears of a request is not always the one who answers it, nor has who was started to make a resource a part in that.
    name: 'called for it',
    applies: (step) => step.isCalledFor,
    goesOn: (step) => step.isLeftToTimer || step.isListenedFor || step.isCalleeGoing || step.isAnswerComing,
  },
  {
    // An answer or a value is owed: the stack is that of who has asked for it, and tells nothing of who owes it.
    name: 'owed',
    applies: (step) => step.isOwed,
    goesOn: (step) => step.isMakerGoing,
  },
  {
    // Whoever has taken it: a timer gives it back, as it does with a lease.
    name: 'left to a timer',
    applies: (step) => step.isLeftToTimer,
    goesOn: () => true,
  },
  {
    // Who has taken it has started what gives it back: a loop that takes a permit for each task, and tasks that give them back.
    name: 'given back aside',
    applies: (step) => step.isGivenBackAside,
    goesOn: () => true,
  },
  {
    // Who looks how much there is to do, or is asked to, may let in more.
    name: 'limit changes',
    applies: (step) => step.isLimitRaised,
    goesOn: () => true,
  },
  {
    // Who has taken it in a function that is over has left what gives it back to a process, a socket or a request, and kept nothing.
    name: 'left to a listener',
    applies: (step) => !step.isHolderCertain && step.isHolderStopped && step.isListenedFor && !step.isEndKept,
    goesOn: () => true,
  },
  {
    // What gives it back was put somewhere, and something alive leads there: whoever comes from it may call that.
    name: 'handed on',
    applies: (step) => step.isHandedOn,
    goesOn: () => true,
  },
  {
    // He has asked himself, or awaits who has: then it does not matter who could give back what he holds.
    name: 'waits himself',
    applies: (step) => step.isHolderStopped && step.asked.length > 0,
    goesOn: () => false,
  },
  {
    // He may have taken it in a callback, and a timer calls the next one.
    name: 'carried on',
    applies: (step) => !step.isHolderCertain && step.isCarriedOn,
    goesOn: () => true,
  },
  {
    // The same, where a process, a socket or a request calls one that gives it back.
    name: 'listened for',
    applies: (step) => !step.isHolderCertain && step.isListenedFor,
    goesOn: () => true,
  },
  {
    // No function that is suspended stands where it was taken: the heap does not show what becomes of him.
    name: 'not found',
    applies: (step) => !step.isHolderFound,
    goesOn: () => false,
  },
  {
    // It was asked for with a callback in the function that he is suspended in: that may wait for something else by now.
    name: 'waits at the same place',
    applies: (step) => step.isHolderStopped,
    goesOn: (step) => step.isHolderCertain && step.isCalledBack,
  },
  {
    // What he waits for was there before he had what he holds: who has given a task to a queue is not the one who runs it. Of what
    // comes from outside he has only asked for it early.
    name: 'gave a task',
    applies: (step) => !step.waitsSinceThen,
    goesOn: (step) => step.isHolderCertain && step.isCalledBack,
  },
  {
    // Timers alone settle what he waits for: whatever he has started beside it cannot keep them from it.
    name: 'waits for timers',
    applies: (step) => step.waitsForTimers,
    goesOn: () => true,
  },
  {
    // He has started a function that waits, and does not await it.
    name: 'started a function',
    applies: (step) => step.isWaiterSuspended,
    goesOn: (step) => step.isStartedAside,
  },
  {
    // A promise was given for what was asked, in a function that is over.
    name: 'asked aside',
    applies: (step) => step.asked.length > 0,
    goesOn: (step) => step.isStartedAside,
  },
  {
    // It was asked for with a callback, which may do anything: he goes on where all that he waits for comes from outside.
    name: 'asked in a callback',
    applies: () => true,
    goesOn: (step) => step.isHolderCertain && step.isCalledBack,
  },
];

export function caseOf(step: StepInHeap): HolderCase {
  return HOLDER_CASES.find(({ applies }) => applies(step)) as HolderCase;
}

/** False where nothing is known of it. */
export function holderGoesOn(step: StepInHeap): boolean {
  return caseOf(step).goesOn(step);
}
