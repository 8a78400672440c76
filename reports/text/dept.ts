import type { Dependency } from '../../src/core/dependency.ts';
import type { Finding, FindingCode } from '../../src/core/finding.ts';
import type { ReportEnvironment } from '../environment.ts';
import { closingLines } from './closing.ts';
import { detailLines } from './detail.ts';
import { diagramLines, type Indent } from './diagram.ts';
import { DEFAULT_MAX_FRAMES } from './frames.ts';
import { lostEventDetails, lostEventSummary } from './lost-event.ts';
import { contextLetter, oneLine } from './names.ts';
import { OPEN_WAIT_LEGEND, openWaitDetails, openWaitSummary } from './open-waits.ts';
import { DOUBLE_RULE, heading } from './separators.ts';
import { suspendedLines, waitTreeLines } from './stall.ts';

export interface DeptTextOptions {
  /** The process the finding was made in; without one the lines about it are left out. */
  readonly environment?: ReportEnvironment | null;
  /** Spaces of one level; 3 if not given. */
  readonly indent?: Indent;
  /** Frames shown of each stack; 16 if not given. */
  readonly maxFrames?: number;
}

const CIRCLE_TITLE = 'DEPT: Circular dependency has been detected.';

/** Title and headline of findings that have no circle to show. */
const TITLES: Readonly<Record<FindingCode, readonly [title: string, headline: string]>> = Object.freeze({
  DEPT001: [CIRCLE_TITLE, '*** DEADLOCK ***'],
  DEPT002: ['DEPT: Deadlock has been detected.', '*** DEADLOCK ***'],
  DEPT003: ['DEPT: Stalled waits have been detected.', '*** STALLED ***'],
  DEPT004: ['DEPT: Lost event has been detected.', '*** LOST EVENT ***'],
  DEPT005: ['DEPT: Event context that never ends has been detected.', '*** LEAK ***'],
  DEPT006: ['DEPT: Misuse has been detected.', '*** MISUSE ***'],
  DEPT009: ['DEPT: Notice about the tracker itself.', '*** NOTICE ***'],
});

const CIRCLE_LEGEND: readonly string[] = Object.freeze([
  '[S]: start of the event context',
  '[W]: the wait blocked',
  '[E]: the event not reachable',
]);

/**
 * The report as Linux DEPT prints it, byte for byte (kernel/dependency/dept.c, print_circle); findings without a circle
 * get a sibling of that layout. Whole lines: the text ends with a newline. The same finding and options give the same text.
 */
export function formatDept(finding: Finding, options: DeptTextOptions = {}): string {
  const { environment = null, indent = 3, maxFrames = DEFAULT_MAX_FRAMES } = options;
  const lines = [
    DOUBLE_RULE,
    titleLine(finding),
    ...(environment === null ? [] : [oneLine(environment.release)]),
    ...heading('summary'),
    ...body(finding, indent, maxFrames),
    ...closingLines(finding, environment),
  ];
  return `${lines.join('\n')}\n`;
}

/** `DEPT: Circular dependency has been detected.`, or what stands there for findings without a circle. */
export function titleLine({ circle, code }: Finding): string {
  return circle.length > 0 ? CIRCLE_TITLE : TITLES[code][0];
}

/** The summary alone: headline, the contexts with their marks, and what the letters mean. */
export function summaryLines(finding: Finding, indent: Indent): readonly string[] {
  const { circle, openWaits } = finding;
  if (circle.length > 0) return circleSummary(circle, indent);
  const [, headline] = TITLES[finding.code];
  if (openWaits.length === 0) return [headline, '', oneLine(finding.message)];
  if (finding.code === 'DEPT004') return [headline, '', ...lostEventSummary(openWaits, indent)];
  return [headline, '', ...openWaitSummary(openWaits, indent), ...OPEN_WAIT_LEGEND];
}

function body(finding: Finding, indent: Indent, maxFrames: number): readonly string[] {
  const { circle, openWaits, code } = finding;
  const waitDetails = code === 'DEPT004' ? lostEventDetails : openWaitDetails;
  const details =
    circle.length > 0 ? circleDetails(circle, indent, maxFrames) : waitDetails(openWaits, indent, maxFrames);
  return [...summaryLines(finding, indent), ...stallParts(finding), ...details];
}

/** Who waits for whom, and what the heap shows of it, where more is known than the contexts say. */
function stallParts({ circle, openWaits, suspended = [] }: Finding): readonly string[] {
  if (circle.length > 0) return [];
  const tree = waitTreeLines(openWaits);
  return [
    ...(tree.length === 0 ? [] : [...heading('who waits for whom'), ...tree]),
    ...(suspended.length === 0
      ? []
      : [...heading('async functions that have not ended'), ...suspendedLines(suspended)]),
  ];
}

/** A timeout anywhere in the circle comes first, then a circle of one class. */
function circleHeadline(circle: readonly Dependency[]): readonly string[] {
  if (circle.some((dependency) => dependency.timed)) {
    return ['NOT A DEADLOCK BUT A CIRCULAR DEPENDENCY', 'CHECK IF THE TIMEOUT IS INTENDED'];
  }
  return circle.length === 1 ? ['*** AA DEADLOCK ***'] : ['*** DEADLOCK ***'];
}

function circleSummary(circle: readonly Dependency[], indent: Indent): readonly string[] {
  const contexts = circle.flatMap((dependency, index) => [
    `context ${contextLetter(index)}`,
    ...diagramLines(dependency, indent),
    '',
  ]);
  return [...circleHeadline(circle), '', ...contexts, ...CIRCLE_LEGEND];
}

function circleDetails(circle: readonly Dependency[], indent: Indent, maxFrames: number): readonly string[] {
  return circle.flatMap((dependency, index) => {
    const name = `context ${contextLetter(index)}`;
    return [
      ...heading(`${name}'s detail`),
      name,
      ...diagramLines(dependency, indent),
      '',
      ...detailLines(dependency, maxFrames),
    ];
  });
}
