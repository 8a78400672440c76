import type { Finding, RuleSet } from '../core/finding.ts';
import type { Mode, ScenarioCase } from './case.ts';
import { type Detector, runClassMode } from './class-mode.ts';
import { DEFAULT_MAX_STATES, type Exploration, type ExploreOptions, explore } from './explore.ts';
import { type Failed, runGraph } from './graph-mode.ts';
import { runInstance, type Started } from './instance-mode.ts';
import { Machine, type Move } from './machine.ts';
import type { Note } from './verdict.ts';
import { watchInstance } from './watched-run.ts';

export interface RunOptions {
  /** Overrides the mode of every case but those of raw graphs. */
  readonly mode?: Mode | null;
  readonly detector?: Detector;
  readonly rules?: RuleSet;
  /** States an exploration looks at. */
  readonly maxStates?: number;
  /** Told now and then how many states an exploration has looked at. */
  readonly onStates?: (states: number) => void;
}

/** What running a case told. Fields that a mode does not have are null or empty. */
export interface CaseResult {
  readonly scenario: ScenarioCase;
  readonly mode: Mode;
  /** In the words of `expect`; null when the case cannot be replayed. */
  readonly verdict: string | null;
  /** Null when nothing is expected, or nothing was run. */
  readonly agrees: boolean | null;
  /** Why the case was not run. */
  readonly skipped: string | null;
  readonly dept: string | null;
  readonly lockdep: string | null;
  readonly findings: readonly Finding[];
  /** Titles of lockdep's reports. */
  readonly reports: readonly string[];
  readonly stuck: readonly string[];
  /** Names of contexts in the order of their moves, for a schedule that hangs. */
  readonly hangOrder: readonly string[] | null;
  /** False when the exploration stopped at its cap. */
  readonly complete: boolean;
  readonly states: number;
  /** Stated results of a graph case that do not hold. */
  readonly failed: readonly Failed[];
  readonly started: readonly Started[];
  /** What the detectors said at single operations. */
  readonly notes: readonly Note[];
}

/** Runs one case in its own mode, or in the one that is asked for. */
export function runCase(scenario: ScenarioCase, options: RunOptions = {}): CaseResult {
  const mode = modeFor(scenario, options.mode ?? null);
  if (!scenario.replayable || mode === 'property') {
    const why = scenario.replayable ? 'parameters of a randomised test' : 'documented only (replayable: false)';
    return { ...blank(scenario, mode), skipped: why };
  }
  const { detector = 'both', rules = 'dept', maxStates = DEFAULT_MAX_STATES, onStates } = options;
  switch (mode) {
    case 'class': {
      const { reports, ...said } = runClassMode(scenario, { detector, rules });
      return judged({ ...blank(scenario, mode), ...said, reports: reports.map(({ title }) => title) });
    }
    case 'instance':
      return judged(instance(scenario, detector, rules));
    case 'explore':
      return judged(explored(scenario, { maxStates, ...(onStates === undefined ? {} : { onStates }) }));
    case 'graph':
      return judged(graph(scenario));
  }
}

/** A case of raw graph operations has no contexts to run in another mode, and the others have no graph. */
function modeFor({ mode }: ScenarioCase, wanted: Mode | null): Mode {
  if (wanted === null || mode === 'graph' || mode === 'property' || wanted === 'graph') return mode;
  return wanted;
}

function instance(scenario: ScenarioCase, detector: Detector, rules: RuleSet): CaseResult {
  const { run, dept, lockdep, findings, reports } = watchInstance(scenario, detector, rules);
  const verdict = run.stuck.length > 0 ? 'deadlock' : (run.misuse ?? 'ok');
  return {
    ...blank(scenario, 'instance'),
    verdict,
    dept,
    lockdep,
    findings,
    reports,
    stuck: run.stuck,
    started: run.started,
  };
}

type Search = ExploreOptions & { readonly maxStates: number };

function explored(scenario: ScenarioCase, search: Search): CaseResult {
  const machine = new Machine(scenario);
  const broad = explore(machine, search);
  // What is too much to search in breadth may still show a hang in depth.
  const { hang, fault, complete, states } = broad.complete ? broad : deepen(machine, search, broad);
  const shown = hang ?? fault?.order ?? null;
  const names = shown?.map((move) => machine.plan.contexts[move.context]?.name ?? '') ?? null;
  const run = names === null ? null : runInstance(scenario, names);
  return {
    ...blank(scenario, 'explore'),
    verdict: hang !== null ? 'deadlock' : (fault?.what ?? 'ok'),
    hangOrder: hang === null ? null : names,
    stuck: hang === null ? [] : (run?.stuck ?? []),
    complete,
    states,
    started: run?.started ?? [],
  };
}

/** Part of the search in breadth that is spent again on a search in depth. */
const DEEP_SHARE = 0.25;

function deepen(machine: Machine, search: Search, broad: Exploration<Move>): Exploration<Move> {
  const deep = explore(machine, { ...search, maxStates: Math.ceil(search.maxStates * DEEP_SHARE), strategy: 'depth' });
  return deep.hang === null && broad.fault !== null ? broad : deep;
}

function graph(scenario: ScenarioCase): CaseResult {
  const { hasCircle, failed } = runGraph(scenario);
  const verdict = failed.length > 0 ? 'mismatch' : hasCircle ? 'deadlock' : 'ok';
  return { ...blank(scenario, 'graph'), verdict, failed };
}

function judged(result: CaseResult): CaseResult {
  const { expect } = result.scenario;
  return { ...result, agrees: expect === null ? null : expect === result.verdict };
}

function blank(scenario: ScenarioCase, mode: Mode): CaseResult {
  return {
    scenario,
    mode,
    verdict: null,
    agrees: null,
    skipped: null,
    dept: null,
    lockdep: null,
    findings: [],
    reports: [],
    stuck: [],
    hangOrder: null,
    complete: true,
    states: 0,
    failed: [],
    started: [],
    notes: [],
  };
}
