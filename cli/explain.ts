import { EXPLAINED_CODES, findingPage, formatPage } from '../reports/explain.ts';
import { readCommandLine } from './command-line.ts';
import type { Io } from './io.ts';
import { UsageError } from './usage-error.ts';

/** One line for each code. */
function listOfCodes(): string {
  return EXPLAINED_CODES.map((code) => `  ${code}   ${findingPage(code)?.title}\n`).join('');
}

const EXPLAIN_HELP = `Usage: dept explain CODE

Says what a finding code means and what to do. The codes:

${listOfCodes()}
  -h, --help   this text
`;

/** @throws UsageError for a code that does not exist */
export async function explainCommand(argv: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = readCommandLine(argv, { help: { type: 'boolean', short: 'h', default: false } });
  if (values.help) {
    io.stdout.write(EXPLAIN_HELP);
    return 0;
  }
  const [code, ...others] = positionals;
  if (code === undefined) throw new UsageError(`explain needs a code: ${EXPLAINED_CODES.join(', ')}.`);
  if (others.length > 0) throw new UsageError(`explain takes one code; ${others.join(' ')} is too much.`);
  const page = findingPage(code);
  if (page === null) {
    throw new UsageError(`There is no finding code ${JSON.stringify(code)}; there are ${EXPLAINED_CODES.join(', ')}.`);
  }
  io.stdout.write(formatPage(page));
  return 0;
}
