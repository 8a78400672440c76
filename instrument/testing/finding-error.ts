import { formatOpenWaits } from '../../reports/text/open-waits.ts';
import { formatReport } from '../../reports/text/report.ts';
import { suspendedLines } from '../../reports/text/stall.ts';
import type { Finding, OpenWait, SuspendedFunction } from '../../src/core/finding.ts';
import type { Frame, Stack } from '../../src/core/stack.ts';
import { foldAlike } from '../../src/tracker/alike-waits.ts';
import type { Attributed } from './ledger.ts';

/** Frames of the stack of an error; a runner shows the first, some print all. */
const MAX_FRAMES = 8;

/** What a test fails with: its message is the report, its stack begins at the wait the finding is about. */
export class FindingError extends Error {
  readonly code = 'ERR_DEPT_FINDING';
  declare readonly findings: readonly Finding[];

  constructor(message: string, findings: readonly Finding[], stack: readonly Frame[]) {
    super(message);
    this.name = 'FindingError';
    hidden(this, { findings });
    pointAt(this, stack);
  }
}

/** What a test that timed out fails with besides: who waited for whom at that moment, and which functions had stopped. */
export class OpenWaitsError extends Error {
  readonly code = 'ERR_DEPT_OPEN_WAITS';
  declare readonly openWaits: readonly OpenWait[];
  declare readonly suspended: readonly SuspendedFunction[];

  /** @param untold those of them whose stacks no finding shows */
  constructor(openWaits: readonly OpenWait[], untold: readonly OpenWait[], suspended: readonly SuspendedFunction[]) {
    super(leftOpenMessage(openWaits, untold, suspended));
    this.name = 'OpenWaitsError';
    hidden(this, { openWaits, suspended });
    // Those that wait for no other one are where it hangs.
    const innermost = suspended.filter(({ waitsFor }) => waitsFor.length === 0);
    pointAt(this, framesOf([...openWaits, ...innermost].map(({ stack }) => stack)));
  }
}

function leftOpenMessage(
  openWaits: readonly OpenWait[],
  untold: readonly OpenWait[],
  suspended: readonly SuspendedFunction[],
): string {
  const waits = openWaits.length === 0 ? [] : [openWaitsMessage(openWaits, untold)];
  return [...waits, ...(suspended.length === 0 ? [] : [suspendedMessage(suspended, waits.length > 0)])].join('\n');
}

function suspendedMessage(suspended: readonly SuspendedFunction[], isSecond: boolean): string {
  const what = suspended.length === 1 ? '1 async function had' : `${suspended.length} async functions had`;
  const when = isSecond ? '' : ' when the test timed out';
  return `${what} not ended${when}:\n${suspendedLines(suspended).join('\n')}\n`;
}

/** One error for all findings a test has to answer for. */
export function findingError(attributed: readonly Attributed[]): FindingError {
  const findings = attributed.map(({ finding }) => finding);
  const [first] = findings;
  const texts = attributed.map((each) => `${lead(each)}\n\n${formatReport(each.finding)}`);
  const count = findings.length === 1 ? '' : `${findings.length} findings. `;
  return new FindingError(`${count}${texts.join('\n')}`, findings, first === undefined ? [] : placesOf(first));
}

function openWaitsMessage(all: readonly OpenWait[], untold: readonly OpenWait[]): string {
  const what = all.length === 1 ? '1 wait was' : `${all.length} waits were`;
  const lines = foldAlike(all).map(waitSentence).join('\n');
  const details = untold.length === 0 ? '' : `\n${formatOpenWaits(foldAlike(untold))}`;
  return `The test ended while ${what} open.\n${lines}\n${details}`;
}

function waitSentence({ contextName, objectLabel, owners, alike }: OpenWait): string {
  const names = [...new Set(owners.map((owner) => owner.contextName))];
  const whom = names.length === 0 ? 'nobody is known to owe it' : `${names.join(' and ')} has it`;
  const times = alike === undefined ? '' : `, ${alike + 1} times`;
  return `${contextName} waits for ${objectLabel}${times}: ${whom}.`;
}

function lead({ finding, isEarlier, alongside }: Attributed): string {
  const headline = `${finding.code}: ${finding.message}`;
  if (isEarlier) {
    return `${headline}\nIt was made before this test began: while its file was loaded, in a hook, or by what an earlier test left running.`;
  }
  if (alongside.length === 0) return headline;
  return `${headline}\nTests ran at the same time, and any of them may have made it: this one, ${alongside.join(', ')}.`;
}

/** [W] of context A, else the next best place that is known. */
function placesOf({ circle, openWaits, stack }: Finding): readonly Frame[] {
  return framesOf([
    ...circle.map(({ wait }) => wait.stack),
    ...openWaits.map((wait) => wait.stack),
    ...circle.map(({ start }) => start.stack),
    stack,
  ]);
}

/** The frames of the first stack that has any in a file of this machine. */
function framesOf(stacks: readonly (Stack | null)[]): readonly Frame[] {
  for (const stack of stacks) {
    const located = stack?.frames.filter(({ path }) => path !== undefined) ?? [];
    if (located.length > 0) return located.slice(0, MAX_FRAMES);
  }
  return [];
}

/** Runners take the first line of the stack for the place of the failure; ours would be a file of dept. */
function pointAt(error: Error, frames: readonly Frame[]): void {
  const lines = frames.map(({ functionName, path, line, column }) => {
    const place = `${path}:${line}:${column}`;
    return functionName === null || functionName === '' ? `    at ${place}` : `    at ${functionName} (${place})`;
  });
  error.stack = [`${error.name}: ${error.message}`, ...lines].join('\n');
}

/** For those who ask: a runner that prints an error prints its properties behind the message, which has all of it in words. */
function hidden(error: Error, values: object): void {
  for (const [name, value] of Object.entries(values)) Object.defineProperty(error, name, { value, enumerable: false });
}
