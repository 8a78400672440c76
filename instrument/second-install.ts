import { fanOut } from '../reports/sinks/fan-out.ts';
import { suppressionTest } from '../reports/suppressions.ts';
import { inWords } from '../src/core/in-words.ts';
import type { Installation, InstallOptions } from './install.ts';

/** What each installation was told to call already: a program may ask again with the same. */
const heard = new WeakMap<Installation, Set<unknown>>();

/**
 * A call of `install()` while one is installed, as by a program under the preload: it hears of findings like the first one.
 * @returns the options that come too late, in words for who reads standard error; null when none does
 */
export function joinInstallation(
  installation: Installation,
  first: InstallOptions,
  options: InstallOptions,
): string | null {
  listenWith(installation, first, options);
  const late = Object.entries(options).filter(([name, value]) => !isHeard(name) && isOther(first, name, value));
  if (late.length === 0) return null;
  const names = inWords(late.map(([name]) => name));
  return `dept: install(): dept is installed already, so ${names} ${late.length === 1 ? 'has' : 'have'} no effect.\n`;
}

function listenWith(installation: Installation, first: InstallOptions, options: InstallOptions): void {
  const { suppressions = [], onSuppressed, onFinding } = options;
  const known = heard.get(installation) ?? new Set<unknown>([first.onFinding, ...(first.sinks ?? [])]);
  heard.set(installation, known);
  const sinks = (options.sinks ?? []).filter((sink) => !known.has(sink));
  const call = known.has(onFinding) ? undefined : onFinding;
  if (sinks.length === 0 && call === undefined) return;
  for (const each of [...sinks, call]) known.add(each);
  const isSuppressed = suppressionTest(suppressions);
  const sink = fanOut(sinks);
  installation.listen((finding) => {
    if (isSuppressed(finding)) {
      onSuppressed?.(finding);
      return;
    }
    sink.write(finding);
    call?.(finding);
  });
}

function isHeard(name: string): boolean {
  return name === 'sinks' || name === 'onFinding' || name === 'suppressions' || name === 'onSuppressed';
}

function isOther(first: InstallOptions, name: string, value: unknown): boolean {
  const had = first[name as keyof InstallOptions];
  if (typeof value === 'function') return value !== had;
  return value !== undefined && JSON.stringify(value) !== JSON.stringify(had);
}
