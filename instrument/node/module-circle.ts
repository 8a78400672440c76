import { fileURLToPath } from 'node:url';
import type { Finding, OpenWait, RuleSet, SuspendedFunction } from '../../src/core/finding.ts';
import type { Tick } from '../../src/core/ids.ts';
import type { Stack } from '../../src/core/stack.ts';
import { type Stuck, stuckFinding } from '../../src/tracker/stuck.ts';
import { packageRelative } from '../paths.ts';
import { UnsettledAwait } from '../process/unsettled-await.ts';
import { circleOfImports, type ModuleImport, moduleImports } from './module-imports.ts';
import { type NodeHost, observed } from './node-host.ts';

/**
 * When the program ends because its top-level await never settles: names the modules that wait for each other, where they
 * do. @returns what ends that
 */
export function watchModuleCircles(host: NodeHost): () => void {
  const awaited = new UnsettledAwait();
  const atExit = (): void => {
    if (awaited.isUnsettled) observed(host, () => report(host));
  };
  const atEnd = (): void => {
    // Node 20 sets the code in a listener, unless there is one: ours has to come after it.
    process.off('exit', atExit);
    process.once('exit', atExit);
  };
  process.on('beforeExit', atEnd);
  return () => {
    awaited.stop();
    process.off('beforeExit', atEnd);
    process.off('exit', atExit);
  };
}

function report({ session, rules, onFinding }: NodeHost): void {
  const [, entry] = process.argv;
  const circle = entry === undefined ? null : circleOfImports(moduleImports(entry));
  const finding = circle === null ? null : circleFinding(circle, rules, session.now);
  if (finding !== null) onFinding(finding);
}

/**
 * The circle of modules that the heap shows to be closed now, also in a program that still runs: the body of a module has
 * stopped, at an `await import()` of its own or of a function of it that it awaits, and what is imported needs the module.
 *
 * @param entry the program's first module; that of this process if not given
 */
export function circleOfSuspended(
  suspended: readonly SuspendedFunction[],
  at: Tick,
  entry: string | undefined = process.argv[1],
): Finding | null {
  const places = new Set(suspended.flatMap((each, index) => (isModule(each) ? placesBelow(index, suspended) : [])));
  if (entry === undefined || places.size === 0) return null;
  const isReached = ({ from, line }: ModuleImport): boolean => places.has(`${fileURLToPath(from)}:${line}`);
  const imports = moduleImports(entry).filter((each) => !each.isAwaited || isReached(each));
  const circle = circleOfImports(imports, true);
  return circle === null ? null : circleFinding(circle, 'dept', at);
}

function isModule({ name }: SuspendedFunction): boolean {
  return name.startsWith('module ');
}

/** Where a module stands, and where in the same file the functions stand that it awaits. */
function placesBelow(module: number, suspended: readonly SuspendedFunction[]): readonly string[] {
  const reached = new Set([module]);
  for (const index of reached) for (const next of suspended[index]?.waitsFor ?? []) reached.add(next);
  const pathOf = (index: number): string | undefined => suspended[index]?.stack?.frames[0]?.path;
  const own = pathOf(module);
  return [...reached]
    .filter((index) => own !== undefined && pathOf(index) === own)
    .map((index) => `${own}:${suspended[index]?.stack?.frames[0]?.line}`);
}

function circleFinding(circle: readonly ModuleImport[], rules: RuleSet, at: Tick): Finding | null {
  const [awaited] = circle;
  if (awaited === undefined) return null;
  const [waiting, imported] = [nameOf(awaited.from), nameOf(awaited.to)];
  const way = circle
    .slice(1)
    .map(({ to, isAwaited }) => `${isAwaited ? 'awaits import() of' : 'imports'} ${nameOf(to)}`);
  const needs = way.length === 0 ? 'is itself' : way.join(', which ');
  const stuck: Stuck = {
    message: `Module ${waiting} awaits import() of ${imported}, which ${needs}: none of them can go on`,
    help: [
      `Do not await that import() while the module is evaluated: in a function that is called later, it may wait.`,
      `Or let ${imported} take what it needs as an argument, or move what both need into a third module.`,
    ],
    openWaits: circle.map((step, index) => openWait(step, (index + 1) % circle.length)),
  };
  return stuckFinding(stuck, rules, at);
}

function openWait(step: ModuleImport, stoppedBy: number): OpenWait {
  const to = nameOf(step.to);
  return {
    contextName: `module ${nameOf(step.from)}`,
    label: 'import',
    className: to,
    objectLabel: `the end of the evaluation of ${to}`,
    stack: placeOf(step),
    owners: [{ contextName: `module ${to}`, startLabel: 'evaluate', stack: null, stoppedBy: [stoppedBy] }],
  };
}

function placeOf({ from, line, column }: ModuleImport): Stack {
  return { frames: [{ functionName: null, file: nameOf(from), path: fileURLToPath(from), line, column }] };
}

function nameOf(url: string): string {
  return packageRelative(fileURLToPath(url));
}
