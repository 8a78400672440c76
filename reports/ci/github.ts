import type { Finding, Severity } from '../../src/core/finding.ts';
import type { Frame } from '../../src/core/stack.ts';
import { findingPage } from '../explain.ts';
import { hasLine, mainFrame, outlineOf } from '../outline.ts';
import { oneLine } from '../text/names.ts';

/** GitHub shows ten annotations of a level for a step and drops the rest without a word. */
const MAX_OF_LEVEL = 10;

const COMMANDS: Readonly<Record<Severity, string>> = Object.freeze({
  error: 'error',
  warning: 'warning',
  info: 'notice',
});

export interface GithubOptions {
  readonly pathOf?: (frame: Frame) => string;
}

/**
 * The findings as workflow commands of GitHub Actions: each becomes an annotation at the [W] of context A. Those beyond
 * the ten that GitHub shows of a level are counted in a plain line. Whole lines.
 */
export function formatGithub(findings: readonly Finding[], options: GithubOptions = {}): string {
  const { pathOf = (frame: Frame): string => frame.file ?? '' } = options;
  const lines: string[] = [];
  let left = 0;
  const used = new Map<Severity, number>();
  for (const finding of findings) {
    const count = used.get(finding.severity) ?? 0;
    used.set(finding.severity, count + 1);
    if (count < MAX_OF_LEVEL) lines.push(annotation(finding, pathOf));
    else left++;
  }
  if (left > 0) lines.push(`dept: ${left} more findings are not annotated: GitHub shows ${MAX_OF_LEVEL} of a level.`);
  return lines.map((line) => `${line}\n`).join('');
}

function annotation(finding: Finding, pathOf: (frame: Frame) => string): string {
  const frame = mainFrame(finding);
  const properties = [
    ...(frame === null ? [] : [`file=${property(pathOf(frame))}`, `line=${frame.line}`]),
    ...(frame === null || frame.column === 0 ? [] : [`col=${frame.column}`]),
    `title=${property(`${finding.code}: ${findingPage(finding.code)?.title ?? finding.kind}`)}`,
  ];
  return `::${COMMANDS[finding.severity]} ${properties.join(',')}::${data(messageOf(finding, pathOf))}`;
}

function messageOf(finding: Finding, pathOf: (frame: Frame) => string): string {
  const places = outlineOf(finding).flatMap(({ letter, name, marks }) =>
    marks.map(({ letter: mark, call, frame }) => {
      const site = hasLine(frame) ? ` at ${oneLine(pathOf(frame))}:${frame.line}:${frame.column}` : '';
      return `${letter} (${name}) [${mark}] ${call}${site}`;
    }),
  );
  return [oneLine(finding.message), ...places, ...finding.help.map((advice) => `help: ${oneLine(advice)}`)].join('\n');
}

/** As the runner unescapes the text of a command. */
function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

/** As the runner unescapes a property: there, colon and comma end it. */
function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
