import { type ParseArgsConfig, parseArgs } from 'node:util';
import { UsageError } from './usage-error.ts';

type Options = NonNullable<ParseArgsConfig['options']>;

interface Config<O extends Options> {
  args: string[];
  allowPositionals: true;
  options: O;
  tokens: true;
}

/**
 * Reads the words of a command. Which of two values was meant nobody can know, and the file that the first one named
 * would be missed only after the run.
 * @throws UsageError for an option that takes one value and is given twice; TypeError of Node's for one that is not there
 */
export function readCommandLine<const O extends Options>(
  argv: readonly string[],
  options: O,
): ReturnType<typeof parseArgs<Config<O>>> {
  const parsed = parseArgs<Config<O>>({ args: [...argv], allowPositionals: true, options, tokens: true });
  const given = new Set<string>();
  for (const token of parsed.tokens as readonly { readonly kind: string; readonly name?: string }[]) {
    if (token.kind !== 'option' || token.name === undefined || options[token.name]?.type !== 'string') continue;
    if (given.has(token.name)) throw new UsageError(`--${token.name} is given twice; it takes one value.`);
    given.add(token.name);
  }
  return parsed;
}
