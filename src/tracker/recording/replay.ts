import type { FindingListener, RuleSet } from '../../core/finding.ts';
import type { DependencyStore } from '../dependency-store.ts';
import { DeptTracker } from '../dept.ts';
import { recordingLimitFinding } from '../notices.ts';
import { isLeftBehind } from '../stalled.ts';
import { WaitsFor } from '../waits-for.ts';
import { badRecording } from './recording-format.ts';
import { Replayer } from './replayer.ts';

export interface ReplayOptions {
  readonly rules: RuleSet;
  readonly onFinding: FindingListener;
}

/** What came of a replay. */
export interface Replayed {
  /** What the header says of the process. */
  readonly about: unknown;
  /** The dependencies between classes that were learnt. */
  readonly dependencies: DependencyStore;
  /** Lines that were replayed, without the header. */
  readonly lines: number;
  /** True when the last line was cut off, as a killed process leaves it. */
  readonly isTorn: boolean;
}

/**
 * Finds in a recording what the tracker and the live check would have found in the process, under the same rules or
 * under others.
 * @param lines of the recording, the header first; empty ones are skipped
 * @throws DeptError ERR_DEPT_BAD_RECORDING for the first line that is none of a recording
 */
export function replay(lines: Iterable<string>, { rules, onFinding }: ReplayOptions): Replayed {
  const all = lines[Symbol.iterator]();
  const first = all.next();
  if (first.done === true) throw badRecording(1, 'there is nothing');
  const replayer = new Replayer(first.value, {
    onConfirm: (isLast, spared) => waitsFor.confirm(isLast, spared),
    onStalled: (isUnsettled) => {
      waitsFor.reportStalled((wait) => isUnsettled || isLeftBehind(wait));
    },
    onEndOfRecord: (max) => onFinding(recordingLimitFinding(max, rules, session.now)),
    onLimit: (name) => tracker.notice(name),
  });
  const { session } = replayer;
  const tracker = new DeptTracker(session, { rules, onFinding });
  const waitsFor = new WaitsFor(session, { onFinding, wasReported: (circle) => tracker.wasReported(circle) });
  session.addObserver(tracker);
  session.addObserver(waitsFor);
  const fed = feedAll(replayer, all);
  return { about: replayer.header.about, dependencies: tracker.store, ...fed };
}

/** Feeds every line; the last one may be cut off, any other may not. */
function feedAll(replayer: Replayer, lines: Iterator<string>): { lines: number; isTorn: boolean } {
  let count = 0;
  let next = lines.next();
  while (next.done !== true) {
    const text: string = next.value;
    next = lines.next();
    if (text === '') continue;
    if (next.done === true && !isJson(text)) return { lines: count, isTorn: true };
    replayer.feed(text);
    count++;
  }
  return { lines: count, isTorn: false };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
