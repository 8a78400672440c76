import type { ObjectKind } from '../core/classes.ts';
import type { Dependency, Place } from '../core/dependency.ts';

/** What it is called to ask for what one has already, and what to do about it. */
interface AskingAgain {
  /** Goes on a sentence that says who waits. */
  readonly how: (what: string, capacity: number) => string;
  readonly advice: (what: string, capacity: number) => readonly string[];
}

const OF_A_TASK: AskingAgain = {
  how: (what, capacity) =>
    capacity > 1
      ? `as one of the ${capacity} tasks that ${what} lets run it waits for another one`
      : `as the only task that ${what} lets run it waits for another one`,
  advice: (what, capacity) => [
    ...(capacity > 1
      ? [`It hangs as soon as ${capacity} tasks of ${what} wait for another one at the same time.`]
      : []),
    `Do the inner work in the task itself, or give it a limit of its own, instead of adding it to ${what}.`,
    'Or add it without waiting for it.',
  ],
};

const OF_A_VALUE: AskingAgain = {
  how: (what) => `it awaits ${what} in the code that makes it`,
  advice: (what) => [
    `Do not await ${what} in the code that makes it: a batch function, a factory or a plugin must not ask its own loader, cache or application.`,
  ],
};

const OF_A_RESOURCE: AskingAgain = {
  how: again,
  advice: (what, capacity) => [
    ...together(what, capacity),
    `Hand what it holds (the client of its transaction) down to the inner call, instead of asking ${what} for another one.`,
  ],
};

/** The one who has it made a request, and the one who asks answers it: there is nothing to hand down. */
const OF_A_REQUEST: AskingAgain = {
  how: again,
  advice: (what, capacity) => [
    ...together(what, capacity),
    `Make the inner request through an agent or pool of its own, instead of asking ${what} for another one.`,
    'Or call what answers it as a function, without a request.',
  ],
};

const FOR_THE_END: AskingAgain = {
  how: (what) => `it waits for the end of all that ${what} has under way, which is itself part of that`,
  advice: (what) => [`Wait for the end of ${what} outside of what it runs or has lent.`],
};

const FORGOTTEN =
  'If it should have been given back by then: a release is missing behind [S], for example where something fails.';

const OF_A_LOCK: AskingAgain = {
  how: again,
  advice: (what, capacity) =>
    capacity > 1
      ? [
          ...together(what, capacity),
          'Pass the permit (connection, slot) that is already held down to the inner call, or take both at once.',
        ]
      : [`Do not take ${what} again while it is held: split off an inner function that expects it to be held.`],
};

/** `onIdle`, `drain`, `end` and the like. */
const OF_ALL = /^(?:on[A-Z]|drain|end$|close|destroy|stop|idle)/;
/** A pool of threads runs tasks. */
const RUNS = /^(?:run|exec)/;
/** An agent or a pool of an HTTP client. */
const REQUESTS = /^(?:request|dispatch)$/;

const BY_KIND: ReadonlyMap<ObjectKind, AskingAgain> = new Map<ObjectKind, AskingAgain>([
  ['queue', OF_A_TASK],
  ['promise', OF_A_VALUE],
  ['pool', OF_A_RESOURCE],
]);

/** How somebody who has something asks for the same again: the end of a sentence. */
export function howAgain(dependency: Dependency): string {
  const { name, capacity } = dependency.to.key;
  return askingAgain(dependency).how(name, capacity);
}

/** What to do about it. @param isHappening true where it hangs now */
export function adviceAgain(dependency: Dependency, isHappening: boolean): readonly string[] {
  const { name, capacity } = dependency.to.key;
  const said = askingAgain(dependency);
  const advice = said.advice(name, capacity);
  // What was lent and forgotten stands here too: whoever has waited for its taker seems to have it.
  if (said === FOR_THE_END && isHappening && dependency.to.key.kind === 'pool') return [...advice, FORGOTTEN];
  if (said.how !== again) return advice;
  if (isHappening && isSameCall(dependency)) return [FORGOTTEN, ...advice];
  if (isHappening) {
    return [...advice, 'If it should have been released by then: a release is missing on the way from [S] to [W].'];
  }
  if (capacity > 1) return advice;
  const { instances } = dependency;
  return instances !== null && instances.from === instances.to
    ? advice
    : [...advice, 'If these are different instances of one class, give them an order (or names of their own).'];
}

/** True where it was taken by the same call, as in a loop: nobody asks again from inside of that, which has more callers. */
function isSameCall({ start, wait }: Dependency): boolean {
  // A caller who has gone on after an await stands at another column, and his own callers are gone.
  const lines = (of: Place): readonly string[] => (of.stack?.frames ?? []).map(({ file, line }) => `${file}:${line}`);
  const [taken, asked] = [lines(start), lines(wait)];
  const shared = Math.min(taken.length, asked.length);
  return (
    shared > 1 &&
    asked.lastIndexOf(asked[0] as string) === 0 &&
    asked.slice(0, shared).every((line, at) => line === taken[at])
  );
}

function askingAgain({ to, wait }: Dependency): AskingAgain {
  const byKind = BY_KIND.get(to.key.kind);
  if (byKind === undefined) return OF_A_LOCK;
  if (byKind === OF_A_VALUE) return byKind;
  if (waitsForTheEnd(wait)) return FOR_THE_END;
  if (byKind === OF_A_RESOURCE && REQUESTS.test(wait.label ?? '')) return OF_A_REQUEST;
  return RUNS.test(wait.label ?? '') ? OF_A_TASK : byKind;
}

/** True for a wait for a queue or a pool as a whole. */
export function waitsForTheEnd({ label }: Place): boolean {
  return OF_ALL.test(label ?? '');
}

function again(what: string, capacity: number): string {
  return capacity > 1
    ? `it asks for another of the ${capacity} permits of ${what} while it holds one`
    : `it asks for ${what} again while it holds it`;
}

function together(what: string, capacity: number): readonly string[] {
  return capacity > 1 ? [`It hangs as soon as ${capacity} holders of ${what} ask for one more at the same time.`] : [];
}
