import type { ContextKind } from '../src/core/context.ts';
import type { Rule } from '../src/core/dependency.ts';
import type { FindingCode, FindingKind, RuleSet, Severity } from '../src/core/finding.ts';
import type { IrqType } from '../src/core/irq.ts';
import type { ReportEnvironment } from './environment.ts';

/** Version of the report document; raised when a field changes its meaning, not when one is added. */
export const REPORT_SCHEMA_VERSION = 1;

export interface FrameLine {
  readonly function: string | null;
  readonly file: string | null;
  readonly line: number;
  readonly column: number;
}

export interface ClassLine {
  /** As reports print it: `name:sub`. */
  readonly name: string;
  readonly site: string | null;
  readonly kind: string;
  readonly sub: number;
  readonly capacity: number;
}

/** One of [S], [W], [E]. */
export interface PlaceLine {
  readonly label: string | null;
  /** Name of the class. */
  readonly class: string;
  /** `file:line:column`, null where no stack is known. */
  readonly site: string | null;
  readonly stack: readonly FrameLine[];
}

/** A context of the circle, in the order of its letters. */
export interface ContextLine {
  readonly name: string;
  readonly kind: ContextKind;
  readonly id: number;
  readonly S: PlaceLine;
  readonly W: PlaceLine;
  readonly E: PlaceLine;
}

/** The dependency that the context of the same index stands for. */
export interface DependencyLine {
  readonly from: string;
  readonly to: string;
  /** Indexes into `classes`: two classes may print the same name. */
  readonly fromClass: number;
  readonly toClass: number;
  readonly rule: Rule;
  readonly timed: boolean;
  readonly irqs: readonly IrqType[];
  readonly irqStack: readonly FrameLine[];
  readonly waker: readonly FrameLine[];
  readonly instances: {
    readonly from: number;
    readonly fromLabel: string;
    readonly to: number;
    readonly toLabel: string;
  } | null;
  readonly at: number;
}

export interface OpenWaitLine {
  readonly context: string;
  readonly label: string;
  readonly class: string;
  readonly object: string;
  readonly site: string | null;
  readonly stack: readonly FrameLine[];
  /** How long it has been open, in milliseconds. */
  readonly ageMs: number | null;
  /** So many more wait as this one does, which has waited longest. */
  readonly alike: number;
  readonly owners: readonly {
    readonly context: string;
    readonly label: string;
    readonly site: string | null;
    readonly stack: readonly FrameLine[];
    /** So many more owe it as this one does. */
    readonly alike: number;
    /** Indexes into `openWaits`: what keeps this owner from triggering the event. */
    readonly stoppedBy: readonly number[];
  }[];
}

/** An async function that has stopped at an `await` for good. */
export interface SuspendedLine {
  readonly name: string;
  readonly site: string | null;
  readonly stack: readonly FrameLine[];
  /** What it awaits where that is no function of the list. */
  readonly awaits: string | null;
  /** Indexes into `suspended`. */
  readonly waitsFor: readonly number[];
  readonly locals: readonly { readonly name: string; readonly value: string | null }[];
}

/**
 * One finding as plain JSON, version 1: what a line of a findings file holds, what the HTML page embeds, what every
 * format is made from. Paths are POSIX and relative to the package they belong to, so a document says nothing of the
 * machine. Readers ignore fields they do not know. Its schema is `dept/report.v1.schema.json`.
 */
export interface ReportDocument {
  readonly schemaVersion: typeof REPORT_SCHEMA_VERSION;
  readonly code: FindingCode;
  readonly kind: FindingKind;
  readonly severity: Severity;
  readonly fingerprint: string;
  readonly rules: RuleSet;
  readonly message: string;
  readonly help: readonly string[];
  readonly classes: readonly ClassLine[];
  readonly contexts: readonly ContextLine[];
  readonly dependencies: readonly DependencyLine[];
  readonly openWaits: readonly OpenWaitLine[];
  readonly suspended: readonly SuspendedLine[];
  readonly predictedBy: string | null;
  /** The code that made the finding. */
  readonly stack: readonly FrameLine[];
  /** Logical time of the finding. */
  readonly at: number;
  readonly environment: ReportEnvironment | null;
}
