import { DeptError } from '../src/core/dept-error.ts';
import type { Finding } from '../src/core/finding.ts';

/** Where suppressions are kept if no other file is named. */
export const SUPPRESSIONS_FILE = 'dept-suppressions.json';

const VERSION = 1;
const FINGERPRINT = /^[0-9a-f]{16}$/;

/** A finding that is known and accepted. */
export interface Suppression {
  /** 16 hex digits, as reports print them. */
  readonly fingerprint: string;
  /** Why it may stay; never empty. */
  readonly reason: string;
  /** What it was, for whoever reads the file; not compared. */
  readonly code?: string;
  readonly message?: string;
}

export function isSuppression(value: unknown): value is Suppression {
  if (!isRecord(value)) return false;
  const { fingerprint, reason } = value;
  return (
    typeof fingerprint === 'string' && FINGERPRINT.test(fingerprint) && typeof reason === 'string' && reason !== ''
  );
}

/**
 * Reads a file of suppressions.
 * @throws DeptError ERR_DEPT_BAD_SUPPRESSIONS naming the entry and what is wrong with it
 */
export function parseSuppressions(text: string): readonly Suppression[] {
  const value = parseJson(text);
  const entries = isRecord(value) ? value['suppressions'] : undefined;
  if (!isRecord(value) || !Array.isArray(entries)) throw bad('it has no list of suppressions');
  if (value['version'] !== VERSION) {
    throw bad(`its version is ${JSON.stringify(value['version'])}, this dept reads ${VERSION}`);
  }
  const seen = new Set<string>();
  return entries.map((entry: unknown, index) => {
    const suppression = readEntry(entry, `suppressions[${index}]`);
    if (seen.has(suppression.fingerprint)) {
      throw bad(`suppressions[${index}] has the fingerprint ${suppression.fingerprint} of an earlier one`);
    }
    seen.add(suppression.fingerprint);
    return suppression;
  });
}

/**
 * The suppressions as the text of a file, in order of fingerprint, so that a change of one is a change of a few lines.
 * @param before what the file held: what dept knows nothing of stays in it
 */
export function formatSuppressions(suppressions: readonly Suppression[], before: object = {}): string {
  const sorted = [...suppressions].sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1));
  return `${JSON.stringify({ ...before, version: VERSION, suppressions: sorted }, null, 2)}\n`;
}

/**
 * Adds what is not there yet, all for the same reason; known entries keep theirs.
 * @throws DeptError ERR_DEPT_BAD_SUPPRESSIONS for a reason that says nothing
 */
export function addSuppressions(
  known: readonly Suppression[],
  findings: readonly Pick<Finding, 'fingerprint' | 'code' | 'message'>[],
  reason: string,
): readonly Suppression[] {
  if (reason.trim() === '') throw bad('a suppression needs a reason');
  const all = new Map(known.map((suppression) => [suppression.fingerprint, suppression]));
  for (const { fingerprint, code, message } of findings) {
    if (!all.has(fingerprint)) all.set(fingerprint, { fingerprint, code, reason, message });
  }
  return [...all.values()];
}

/** Refuses suppressions made in a program like those of a file. @throws DeptError ERR_DEPT_BAD_SUPPRESSIONS */
export function suppressionTest(suppressions: readonly Suppression[]): (finding: Finding) => boolean {
  const fingerprints = new Set(suppressions.map((entry, i) => readEntry(entry, `suppressions[${i}]`).fingerprint));
  return ({ fingerprint }) => fingerprints.has(fingerprint);
}

function readEntry(entry: unknown, where: string): Suppression {
  if (!isRecord(entry)) throw bad(`${where} is no object`);
  const { fingerprint, reason, code, message, ...others } = entry;
  if (typeof fingerprint !== 'string' || !FINGERPRINT.test(fingerprint)) {
    throw bad(`${where}.fingerprint is ${JSON.stringify(fingerprint) ?? 'missing'}, expected 16 hex digits`);
  }
  if (typeof reason !== 'string' || reason.trim() === '') {
    throw bad(`${where} (${fingerprint}) has no reason: say why this finding may stay`);
  }
  return {
    fingerprint,
    ...(typeof code === 'string' ? { code } : {}),
    reason,
    ...(typeof message === 'string' ? { message } : {}),
    ...others, // a ticket, an owner: not ours to drop
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw bad(`it is not JSON (${(error as Error).message})`, error);
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function bad(problem: string, cause?: unknown): DeptError {
  return new DeptError(
    'ERR_DEPT_BAD_SUPPRESSIONS',
    `${problem}; see docs/suppressions.md`,
    cause === undefined ? undefined : { cause },
  );
}
