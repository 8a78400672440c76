import type { FindingCode } from '../src/core/finding.ts';

/** What a finding code means. Also the source of docs/findings. */
export interface FindingPage {
  readonly code: FindingCode;
  readonly title: string;
  /** What was found, in a paragraph. */
  readonly what: string;
  /** Why it matters and how it comes about, in a paragraph. */
  readonly why: string;
  /** What to do, best advice first. */
  readonly todo: readonly string[];
  /** When it is not a fault of the program. */
  readonly falseAlarm: string;
}

const PAGES: Readonly<Record<FindingCode, Omit<FindingPage, 'code'>>> = {
  DEPT001: {
    title: 'Circular dependency: a deadlock can happen',
    what: 'Events depend on each other in a circle. Each context of the report must get past its wait [W] before it reaches its own event [E], and that event is what the next context waits for; context A waits for the event of the last one. The program need not have hung: it is enough that each of these waits was seen once, at any time.',
    why: 'When the contexts of the circle run at the same time, each of them stops at its [W] and none reaches its [E]. Whether they meet is a matter of timing, so such a deadlock often shows only under load. One context whose [W] and [E] are of one class is an AA deadlock: it asks again for what it holds. When a wait of the circle has a timeout, the headline says NOT A DEADLOCK BUT A CIRCULAR DEPENDENCY: the program goes on after the timeout, but check that it may give up there.',
    todo: [
      'Take the locks of the circle in the same order everywhere.',
      'Or end the first event context before waiting for the next: release the lock, give back the connection.',
      'Or trigger the event before waiting for what its waiters hold.',
      'For an AA report on a pool: pass the connection or permit that is held on to the inner call, instead of asking for a second one.',
    ],
    falseAlarm:
      'Objects that are made at the same place share a class. When they can never be mixed up, give each its own name; when they nest in a fixed order, declare the nesting. Code that takes one permit after the other until it has them all, to wait until everybody else is done, is told only when two do so at the same time (from three permits on). Other code that runs only once and takes several permits, for instance to keep a connection for good, cannot meet itself: suppress the finding, and give that as the reason.',
  },
  DEPT002: {
    title: 'Deadlock: it is happening now',
    what: 'The contexts of the report are blocked at this moment, each on an event that only another one of them can trigger. The instances are known, not only their classes.',
    why: 'Nothing inside the circle can move again. The rest of the program may go on, which is why such a hang is often noticed late. Waits that cannot end because of the circle, and are no part of it, are listed with it. If the circle was reported as DEPT001 before, the report names the fingerprint of that prediction.',
    todo: [
      'Treat it as DEPT001: the circle and its cure are the same.',
      'A process in this state has to be restarted, or one of the waits cancelled.',
    ],
    falseAlarm:
      'A lock that is used as a signal: whoever takes it never releases it, and the release comes from where dept cannot see it, such as another process. Use a completion for that, or a semaphore that starts with no permits: dept then knows what it is. A finding of severity `warning` is a deadlock that ends by itself, because one of the waits has a timeout of ten seconds or more, or is raced against a timer (`Promise.race`, p-timeout): the program does not hang, it gets slow and fails with a timeout. Check that this is what you want.',
  },
  DEPT003: {
    title: 'Stalled: something still waits, and nobody is left to end it',
    what: 'The event loop ran empty while contexts were still waiting, or a top-level await was never settled. The report lists each open wait [W] with its age and, where it is known, who owed the event [S], as a tree of who waits for whom. Below that are the async functions that have stopped at an `await`, read from the heap: where they stopped, what they await and the names of their variables. With severity `warning` the program still runs: it was sent SIGTERM or SIGINT while somebody waited for what another one held, or nothing that dept tracks has moved for DEPT_WATCHDOG_MS. Or a function of a program that does nothing, or has ended, awaits a promise whose resolve and reject functions nobody has any more, or the program has ended with exit code 0 before its main function has. With severity `error` in a running program, what is waited for was taken and never given back, and nobody has what it could be given back with: a pool that runs dry. With severity `info` the report was asked for, by a signal or DEPT_STALL=1, or the program handles the signal itself.',
    why: 'An event that was promised never came: an early return or a thrown error skipped it, the object that would have triggered it was dropped, a listener was added after the event, or more permits were asked for than there are. Node ends a process in this state silently; with an unsettled top-level await it exits with code 13.',
    todo: [
      'Go to the [S] of the wait and follow every path to its event, the paths of errors first.',
      'Put the event into a `finally`, or let a promise settle it.',
      'If no [S] is known, look for whoever was meant to trigger the event: it may never have started.',
      'If there are no open waits, start with the async function that awaits none of the others: the report names what it waits in.',
    ],
    falseAlarm:
      'A warning about a program that was only slow: whoever holds the lock works for seconds. When a program ends well, a suspended function alone is not reported, because it may be an idle worker or the loser of a race. The exceptions: one that waits in an object whose class name says lock or mutex (if that object is really a signal that nobody sends any more, name its class accordingly), and a main function that has not come to its end (if it is meant to be left there, let it wait for `new Promise(() => {})`, or in a loop).',
  },
  DEPT004: {
    title: 'Lost event: it was triggered when nobody waited',
    what: 'An event was triggered while no wait for it was open, and a wait for the same event began afterwards. The kind of event does not remember that it happened.',
    why: 'A condition variable, an emitter or a wait queue wakes those who wait now. When the test of the condition and the start of the wait are not one step, the event can fall between them and the wait lasts for ever.',
    todo: [
      'Start to wait (or add the listener) before starting the work that triggers the event.',
      'Test the condition and begin to wait in one step, under the same lock, and test it again after waking up.',
      'Or use an object that remembers: a promise, or a completion.',
    ],
    falseAlarm: 'An event that is repeated, where the next one does just as well.',
  },
  DEPT005: {
    title: 'Leak: an event context never ended',
    what: 'A lock or a permit was taken, or another event context was begun, and its context ended without the event: nothing is left that could trigger it.',
    why: 'Everyone who waits for that event from now on waits for ever. Most often an exception left the function between taking and releasing, or the object that would have released it was garbage-collected.',
    todo: [
      'Release in a `finally`, or use the form that releases by itself (`runExclusive`, `using`).',
      'Look at the paths on which the function throws between [S] and the release.',
      'If another context is meant to release it, hand it over explicitly.',
    ],
    falseAlarm: 'A lock that is meant to be held until the process ends.',
  },
  DEPT006: {
    title: 'Misuse of a primitive',
    what: 'A primitive was used in a way its contract forbids: released without being held, released by somebody else, used after it was destroyed, initialised while held, waited for where waiting is not allowed, or left held when its context ended.',
    why: 'After that the primitive no longer guarantees anything, and what the tracker learns from it may be wrong as well. The message names the object and the context; the call trace shows the call.',
    todo: [
      'Read the message: it begins with the kind of misuse and names the object.',
      'Pair each release with exactly one acquisition, in a `finally` or by `using`.',
      'Do not wait in an interrupt, in a callback that must not block, or under a spinlock.',
    ],
    falseAlarm: 'dept does not know some way of using a library; please report it.',
  },
  DEPT009: {
    title: 'Notice: the tracker lost sight of something',
    what: 'A limit of the tracker was reached, or the tracker switched itself off after an internal error. Findings made before remain valid.',
    why: 'The tracker works within limits, so that it never harms the program it watches. What goes beyond a limit is not tracked: from here on deadlocks may be missed, but none is invented.',
    todo: [
      'Raise the limit that the message names (`limits` of `install()`), if there is memory for it.',
      'Too many classes are often a sign of objects that are named after data: give them one name for each role instead.',
      'After an internal error: please report it with the message; the program itself is not affected.',
    ],
    falseAlarm: 'None: this is information about the tracker, not about the program.',
  },
};

/** Every code that has a page, in order. */
export const EXPLAINED_CODES: readonly FindingCode[] = Object.freeze(Object.keys(PAGES) as FindingCode[]);

/** The page of a code, or null for a code that does not exist. Upper and lower case are equal. */
export function findingPage(code: string): FindingPage | null {
  const known = EXPLAINED_CODES.find((candidate) => candidate === code.toUpperCase());
  return known === undefined ? null : { code: known, ...PAGES[known] };
}

const TEXT_WIDTH = 80;

/** The page for a terminal: plain text of at most 80 columns. Whole lines. */
export function formatPage(page: FindingPage): string {
  const paragraphs = [
    `${page.code}: ${page.title}`,
    wrap(page.what, ''),
    `Why:\n${wrap(page.why, '  ')}`,
    `What to do:\n${page.todo.map((step) => `  - ${wrap(step, '    ').trimStart()}`).join('\n')}`,
    `When it is no fault:\n${wrap(page.falseAlarm, '  ')}`,
  ];
  return `${paragraphs.join('\n\n')}\n`;
}

/** The page as Markdown, as it stands in docs/findings. */
export function formatPageMarkdown(page: FindingPage): string {
  const sections = [
    `# ${page.code}: ${page.title}`,
    page.what,
    '## Why',
    page.why,
    '## What to do',
    page.todo.map((step) => `- ${step}`).join('\n'),
    '## When it is no fault',
    page.falseAlarm,
  ];
  return `${sections.join('\n\n')}\n`;
}

function wrap(text: string, pad: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && pad.length + line.length + 1 + word.length > TEXT_WIDTH) {
      lines.push(line);
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  return [...lines, line].map((each) => pad + each).join('\n');
}
