import { className } from './classes.ts';
import type { Dependency } from './dependency.ts';
import type { Tick } from './ids.ts';
import type { Stack } from './stack.ts';

/** Stable codes; each has a page in docs/findings. */
export type FindingCode = 'DEPT001' | 'DEPT002' | 'DEPT003' | 'DEPT004' | 'DEPT005' | 'DEPT006' | 'DEPT009';

/** What a code is about, in one word for machines. */
export type FindingKind = 'circular' | 'deadlock' | 'stalled' | 'lost-event' | 'leak' | 'misuse' | 'notice';

export type Severity = 'error' | 'warning' | 'info';

/** The rules a finding was made under. */
export type RuleSet = 'linux' | 'dept';

export const FINDING_KINDS: Readonly<Record<FindingCode, FindingKind>> = Object.freeze({
  DEPT001: 'circular',
  DEPT002: 'deadlock',
  DEPT003: 'stalled',
  DEPT004: 'lost-event',
  DEPT005: 'leak',
  DEPT006: 'misuse',
  DEPT009: 'notice',
});

/** What stands for several that are alike. */
export interface Alike {
  /** So many more are like this one; none if missing. */
  readonly alike?: number;
}

/** How many these stand for. */
export function waitCount(all: readonly Alike[]): number {
  return all.reduce((sum, { alike = 0 }) => sum + 1 + alike, 0);
}

/** A wait that nobody answered, for DEPT003. Of those that are alike it is the one that has waited longest. */
export interface OpenWait extends Alike {
  readonly contextName: string;
  readonly label: string;
  readonly className: string;
  readonly objectLabel: string;
  readonly stack: Stack | null;
  /** How long it has been open, in milliseconds; null or missing where no clock was read. */
  readonly ageMs?: number | null;
  /** Who would have to trigger the event, as far as it is known. */
  readonly owners: readonly (Alike & {
    readonly contextName: string;
    readonly startLabel: string;
    readonly stack: Stack | null;
    /** The open waits that keep this owner from it, as indexes into the same list. */
    readonly stoppedBy?: readonly number[];
  })[];
}

/** An async function that has stopped at an `await` for good, as the heap shows it. */
export interface SuspendedFunction {
  readonly name: string;
  /** The place of the `await`. */
  readonly stack: Stack | null;
  /** What it awaits where that is no function of the list, in words; null where it is. */
  readonly awaits: string | null;
  /** Those it waits for, as indexes into the same list. */
  readonly waitsFor: readonly number[];
  /** Its variables; values only where they were asked for, because they may hold secrets. */
  readonly locals: readonly { readonly name: string; readonly value: string | null }[];
}

/** What the tracker found: plain data, no text beyond one sentence. */
export interface Finding {
  readonly code: FindingCode;
  readonly kind: FindingKind;
  readonly severity: Severity;
  /** Stable over runs, machines, path prefixes and the order of discovery. */
  readonly fingerprint: string;
  readonly rules: RuleSet;
  /** The circle in reading order: A is the newest dependency, each [W] class is the [E] class of the one before. */
  readonly circle: readonly Dependency[];
  /** One sentence in plain words. */
  readonly message: string;
  /** What to do, best advice first. */
  readonly help: readonly string[];
  /** Fingerprint of the predicted circle that came true, for DEPT002. */
  readonly predictedBy: string | null;
  /** The waits it is about; of a circle, those that wait behind it. */
  readonly openWaits: readonly OpenWait[];
  /** For DEPT003: async functions that have stopped, where the heap was read. */
  readonly suspended?: readonly SuspendedFunction[];
  /** Stack of the code that made the finding. */
  readonly stack: Stack | null;
  readonly at: Tick;
}

/** Why a circle of classes is not a deadlock. */
export type FilterReason = 'gate-lock' | 'limited' | 'happens-before' | 'single-context' | 'backs-off';

/** A circle of classes that cannot hang, kept so that it can be shown. */
export interface FilteredCircle {
  readonly reason: FilterReason;
  /** Name of the gate, the limit, the order or the context that excludes it; of the class whose contexts back off. */
  readonly because: string;
  readonly circle: readonly Dependency[];
  readonly fingerprint: string;
}

/** Where findings go. */
export type FindingListener = (finding: Finding) => void;

/**
 * Fingerprint of a circle: FNV-1a over its class names and the files they come from, rotated so that the smallest comes first. Equal for the same
 * circle found from any edge.
 */
export function circleFingerprint(code: FindingCode, circle: readonly Dependency[]): string {
  const names = withoutRepeats(
    circle.map(({ from }) => `${from.key.kind}:${className(from)}@${fileOf(from.key.site)}`),
  );
  let best: string | null = null;
  for (let shift = 0; shift < names.length; shift++) {
    const turned = [...names.slice(shift), ...names.slice(0, shift)].join('\u0000');
    if (best === null || turned < best) best = turned;
  }
  return fingerprint(`${code}\u0000${best ?? ''}`);
}

/** A circle of instances of one class is the same fault whether two of them meet or ten. */
export function withoutRepeats(classes: readonly string[]): readonly string[] {
  return new Set(classes).size === 1 ? classes.slice(0, 2) : classes;
}

/** A site without its line: a finding outlives an edit above it. */
export function fileOf(site: string | null): string {
  return site === null ? '' : site.replace(/(?::\d+)+$/, '');
}

/** 64 bits of FNV-1a as 16 hex digits; enough to name a finding, not to defend against an adversary. */
export function fingerprint(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of utf8(text)) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn;
  return hash.toString(16).padStart(16, '0');
}

/** As a TextEncoder gives them, which not every host has: a window of jsdom has none. */
function* utf8(text: string): Generator<number> {
  const encoded = encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd'));
  for (const [character, code] of encoded.matchAll(/%(..)|./g)) {
    yield code === undefined ? character.charCodeAt(0) : Number.parseInt(code, 16);
  }
}
