import { DEFAULT_LIMITS, type Limits } from '../src/core/limits.ts';
import { AMOUNT, checkOptions, choice, type OptionKind, type OptionKinds, optionKinds } from '../src/core/options.ts';
import { CHOICES, type Config, DEFAULT_CONFIG } from './config.ts';

/** What a program may choose when it installs dept itself. The rest of the configuration is the preload's. */
export interface Choices extends Partial<Pick<Config, keyof typeof CHOICES>> {
  readonly limits?: Partial<Limits>;
}

const LIMITS = optionKinds(Object.fromEntries(Object.keys(DEFAULT_LIMITS).map((name) => [name, AMOUNT])));
const OBJECT: OptionKind = { words: 'an object', allows: (value) => typeof value === 'object' && value !== null };

/** The options of calls that start a tracker, with those of their own. */
export function choiceKinds(more: Readonly<Record<string, OptionKind>>): OptionKinds {
  const choices = Object.entries(CHOICES).map(([name, allowed]) => [name, choice(allowed)] as const);
  return optionKinds({ ...Object.fromEntries(choices), limits: OBJECT, ...more });
}

/** @throws DeptError ERR_DEPT_BAD_OPTION naming the option, its value and what is allowed */
export function checkChoices(call: string, options: Choices, kinds: OptionKinds): void {
  checkOptions(call, options, kinds);
  if (options.limits !== undefined) checkOptions(`limits of ${call}`, options.limits, LIMITS);
}

/** What is chosen, and the defaults of everything else: an option that is undefined was not given. */
export function chosen(options: Partial<Config>): Config {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...DEFAULT_CONFIG, ...Object.fromEntries(given) };
}

/** What of a whole configuration a program could choose itself. */
export function choicesOf({
  rules,
  attribution,
  stacks,
  onDeadlock,
  ownLocks,
}: Config): Choices & { ownLocks: boolean } {
  return { rules, attribution, stacks, onDeadlock, ownLocks };
}
