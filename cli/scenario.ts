import { oneLine } from '../reports/text/names.ts';
import type { RuleSet } from '../src/core/finding.ts';
import { caseTitle, MODES, type Mode, type ScenarioCase } from '../src/scenario/case.ts';
import type { Detector } from '../src/scenario/class-mode.ts';
import { DEFAULT_MAX_STATES } from '../src/scenario/explore.ts';
import { jsonLine } from '../src/scenario/json-line.ts';
import { parseScenarios } from '../src/scenario/parse.ts';
import { runCase } from '../src/scenario/run-case.ts';
import { verdictTable } from '../src/scenario/verdict-table.ts';
import { readCommandLine } from './command-line.ts';
import { readInput } from './input-file.ts';
import type { Io } from './io.ts';
import { Progress } from './progress.ts';
import { UsageError } from './usage-error.ts';

const DETECTORS: readonly Detector[] = ['dept', 'lockdep', 'both'];
const RULES: readonly RuleSet[] = ['dept', 'linux'];
/** Up to so many cases are drawn without being asked to. */
const DRAWN_CASES = 10;

export const SCENARIO_HELP: string = `Usage: dept scenario FILE... [options]

Replays tables of contexts and operations, and prints a verdict for each case. A file is a JSON array of
cases, one case, or one case a line.

Options:
  --mode class|instance|explore|graph   how to run the cases (default: as each one says)
            class     contexts one after another, nothing blocks: what can happen
            instance  one run with real blocking, in the order the case gives
            explore   every schedule, up to a cap on states
            graph     raw edges
  --detector dept|lockdep|both          who judges (default: both)
  --rules dept|linux                    dept's rules (default) or the kernel's exact ones
  --only TEXT                           only cases whose suite/name contains TEXT
  --cap N                               states an exploration looks at (default: ${DEFAULT_MAX_STATES})
  --timeline                            draw every case (default: when there are at most ${DRAWN_CASES})
  --json                                one JSON line for each case
  -h, --help                            this text

Exit code: 0; 1 when a verdict is not the expected one; 2 for a usage error or a file that is no scenario file.
`;

interface Plan {
  readonly cases: readonly ScenarioCase[];
  readonly mode: Mode | null;
  readonly detector: Detector;
  readonly rules: RuleSet;
  readonly maxStates: number;
  readonly isDrawn: boolean;
  readonly isJson: boolean;
}

/**
 * `dept scenario`.
 * @returns 0, or 1 when some verdict is not the expected one
 * @throws UsageError for flags, values or files that are not there
 * @throws ScenarioError for a file that is no scenario file
 */
export async function scenarioCommand(argv: readonly string[], io: Io): Promise<number> {
  const plan = planScenario(argv, io.cwd);
  if (plan === null) {
    io.stdout.write(SCENARIO_HELP);
    return 0;
  }
  const { mode, detector, rules, maxStates } = plan;
  const progress = new Progress(io);
  const results = plan.cases.map((scenario) => {
    const onStates = (states: number): void => {
      progress.at(() => `${oneLine(caseTitle(scenario))}: ${states} states looked at so far.`);
    };
    const result = runCase(scenario, { mode, detector, rules, maxStates, onStates });
    if (plan.isJson) io.stdout.write(`${JSON.stringify(jsonLine(result))}\n`);
    return result;
  });
  if (!plan.isJson) io.stdout.write(`${verdictTable(results, plan.isDrawn)}\n`);
  return results.some(({ agrees }) => agrees === false) ? 1 : 0;
}

function planScenario(argv: readonly string[], cwd: string): Plan | null {
  const { values, positionals } = readCommandLine(argv, {
    mode: { type: 'string' },
    detector: { type: 'string', default: 'both' },
    rules: { type: 'string', default: 'dept' },
    only: { type: 'string', default: '' },
    cap: { type: 'string' },
    timeline: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  });
  if (values.help) return null;
  if (positionals.length === 0)
    throw new UsageError('scenario needs a file of cases, for example: dept scenario cases.json');
  const mode = values.mode === undefined ? null : oneOf('--mode', values.mode, MODES);
  const detector = oneOf('--detector', values.detector, DETECTORS);
  const rules = oneOf('--rules', values.rules, RULES);
  const maxStates = values.cap === undefined ? DEFAULT_MAX_STATES : capOf(values.cap);
  const all = positionals.flatMap((file) => parseScenarios(readInput(file, cwd, String), file));
  const cases = all.filter((scenario) => caseTitle(scenario).includes(values.only));
  if (cases.length === 0 && values.only !== '')
    throw new UsageError(`No case of ${all.length} contains "${values.only}".`);
  const isDrawn = values.timeline || cases.length <= DRAWN_CASES;
  return { cases, mode, detector, rules, maxStates, isDrawn, isJson: values.json };
}

function oneOf<T extends string>(flag: string, value: string, known: readonly T[]): T {
  const found = known.find((candidate) => candidate === value);
  if (found !== undefined) return found;
  const names = `${known.slice(0, -1).join(', ')} or ${known.at(-1)}`;
  throw new UsageError(`${flag} is ${JSON.stringify(value)}; it must be ${names}.`);
}

function capOf(value: string): number {
  const cap = Number(value);
  if (!Number.isSafeInteger(cap) || cap < 1)
    throw new UsageError(`--cap is ${JSON.stringify(value)}; it must be a whole number from 1.`);
  return cap;
}
