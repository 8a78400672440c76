import type { Finding, FindingCode, Severity } from '../../src/core/finding.ts';
import type { Frame } from '../../src/core/stack.ts';
import { findingPage } from '../explain.ts';
import { hasLine, MARK_MEANINGS, type Mark, mainFrame, type OutlinedContext, outlineOf } from '../outline.ts';
import { oneLine } from '../text/names.ts';

export interface SarifOptions {
  /** Version of dept; left out where it is not given. */
  readonly toolVersion?: string;
  /** Path of a frame below the root of the repository; the package-relative one if not given. */
  readonly pathOf?: (frame: Frame) => string;
}

type Json = Readonly<Record<string, unknown>>;
type PathOf = (frame: Frame) => string;

const LEVELS: Readonly<Record<Severity, string>> = Object.freeze({ error: 'error', warning: 'warning', info: 'note' });

/** Version of what `partialFingerprints` is computed from. */
const FINGERPRINT = 'deptFingerprint/v1';

/**
 * The findings as one run of SARIF 2.1.0 (OASIS). A result stands at the [W] of context A; all other places are its
 * related locations, and each context is a thread flow from [S] over [W] to [E]. Whole lines.
 */
export function formatSarif(findings: readonly Finding[], options: SarifOptions = {}): string {
  const { toolVersion, pathOf = (frame: Frame): string => frame.file ?? '' } = options;
  const codes = [...new Set(findings.map(({ code }) => code))].sort();
  const log = {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'dept',
            ...(toolVersion === undefined ? {} : { semanticVersion: toolVersion }),
            rules: codes.map(rule),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: findings.map((finding) => result(finding, codes.indexOf(finding.code), pathOf)),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function rule(code: FindingCode): Json {
  const page = findingPage(code);
  if (page === null) return { id: code };
  return {
    id: code,
    shortDescription: { text: page.title },
    fullDescription: { text: page.what },
    help: { text: [page.why, ...page.todo.map((step) => `- ${step}`), page.falseAlarm].join('\n') },
    defaultConfiguration: { level: code === 'DEPT009' ? 'note' : 'error' },
  };
}

function result(finding: Finding, ruleIndex: number, pathOf: PathOf): Json {
  const contexts = outlineOf(finding);
  const frame = mainFrame(finding);
  const related = relatedLocations(contexts, frame, pathOf);
  const flows = contexts.map((context) => threadFlow(context, pathOf)).filter((flow) => flow !== null);
  return {
    ruleId: finding.code,
    ruleIndex,
    level: LEVELS[finding.severity],
    message: { text: [finding.message, ...finding.help].map(literal).join('\n') },
    ...(frame === null ? {} : { locations: [{ physicalLocation: physical(frame, pathOf) }] }),
    ...(related.length === 0 ? {} : { relatedLocations: related }),
    ...(flows.length === 0 ? {} : { codeFlows: [{ threadFlows: flows }] }),
    partialFingerprints: { [FINGERPRINT]: finding.fingerprint },
    properties: { rules: finding.rules, kind: finding.kind },
  };
}

/** Every place but the one the result stands at, numbered from 1. */
function relatedLocations(contexts: readonly OutlinedContext[], main: Frame | null, pathOf: PathOf): readonly Json[] {
  const places = contexts.flatMap((context) => context.marks.map((mark) => ({ context, mark })));
  const own = places.findIndex(({ mark }) => mark.letter === 'W' && mark.frame === main);
  return places
    .filter(({ mark }, index) => index !== own && hasLine(mark.frame))
    .map(({ context, mark }, index) => ({ id: index + 1, ...location(context, mark, pathOf) }));
}

function threadFlow(context: OutlinedContext, pathOf: PathOf): Json | null {
  const marks = context.marks.filter(({ frame }) => hasLine(frame));
  if (marks.length === 0) return null;
  return {
    id: context.letter,
    message: { text: literal(`context ${context.letter}: ${context.name}`) },
    locations: marks.map((mark, index) => ({
      location: location(context, mark, pathOf),
      nestingLevel: mark.letter === 'W' ? 1 : 0,
      executionOrder: index + 1,
      importance: mark.letter === 'W' ? 'essential' : 'important',
    })),
  };
}

function location({ letter, name }: OutlinedContext, mark: Mark, pathOf: PathOf): Json {
  const text = `context ${letter} (${name}): [${mark.letter}] ${mark.call}, ${MARK_MEANINGS[mark.letter]}`;
  return { physicalLocation: physical(mark.frame as Frame, pathOf), message: { text: literal(text) } };
}

function physical(frame: Frame, pathOf: PathOf): Json {
  return {
    artifactLocation: { uri: uriOf(pathOf(frame)), uriBaseId: '%SRCROOT%' },
    region: { startLine: frame.line, ...(frame.column > 0 ? { startColumn: frame.column } : {}) },
  };
}

/** One line that says what it says: SARIF reads `[text](target)` as a link and `{0}` as a place to be filled. */
function literal(text: string): string {
  return oneLine(text)
    .replaceAll('](', '\\](')
    .replace(/\{(\d+)\}/g, '{{$1}}');
}

/** A relative URI: a colon, a space or a stranger character of a path would make it something else. */
function uriOf(path: string): string {
  return path
    .replace(/^\/+/, '')
    .split('/')
    .map((part) => encodeURIComponent(part.replace(/\p{Cs}/gu, '\uFFFD')))
    .join('/');
}
