import {
  type EvidenceGraph,
  exportClassGraph,
  importClassGraph,
  parseClassGraph,
} from '../src/core/class-graph-export.ts';
import { commonGates } from '../src/tracker/common-gates.ts';
import { MergedGraph } from '../src/tracker/merged-graph.ts';
import { replay } from '../src/tracker/recording/replay.ts';
import { readCommandLine } from './command-line.ts';
import { formatNamed, printFound } from './found.ts';
import { readInput } from './input-file.ts';
import type { Io } from './io.ts';
import { amount } from './suppression-file.ts';
import { UsageError } from './usage-error.ts';

export const MERGE_HELP: string = `Usage: dept merge [options] FILE FILE...

Puts the dependencies of several processes or runs together and reports the circles that no single one
of them could see. A FILE is a class graph (dept run --graph) or a recording (dept run --record).

Options:
  --format FORMAT   as for dept show; dept if not given
  -h, --help        this text

Exit code: 0; 1 when there are circles; 2 for a usage error or a file that holds something else.
`;

/** @throws UsageError for flags, files or contents that are not right */
export async function mergeCommand(argv: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = readCommandLine(argv, {
    format: { type: 'string', default: 'dept' },
    help: { type: 'boolean', short: 'h', default: false },
  });
  if (values.help) {
    io.stdout.write(MERGE_HELP);
    return 0;
  }
  if (positionals.length < 2) throw new UsageError('merge needs at least two files: dept merge a.json b.json');
  const format = formatNamed(values.format);
  const merged = new MergedGraph(positionals.map((name) => readInput(name, io.cwd, graphOf)));
  const circles = merged.circles();
  printFound(
    circles.map((finding) => ({ finding, environment: null })),
    format,
    io,
  );
  const what = `${amount(positionals.length, 'file')} with ${merged.size} dependencies`;
  io.stderr.write(`dept: ${what}, ${amount(circles.length, 'circle')} that no single one has.\n`);
  return circles.length > 0 ? 1 : 0;
}

function graphOf(text: string): EvidenceGraph {
  return text.startsWith('{"dept":"recording"') ? graphOfRecording(text) : importClassGraph(parseClassGraph(text));
}

function graphOfRecording(text: string): EvidenceGraph {
  const { dependencies } = replay(text.split('\n'), { rules: 'dept', onFinding: () => undefined });
  return importClassGraph(exportClassGraph(dependencies, commonGates(dependencies)));
}
