import { fileURLToPath } from 'node:url';
import type { OpenWait } from '../../src/core/finding.ts';
import type { Stack } from '../../src/core/stack.ts';
import { stuckFinding } from '../../src/tracker/stuck.ts';
import { packageRelative } from '../paths.ts';
import { circleOfImports, type ModuleImport, moduleImports } from './module-imports.ts';
import { type NodeHost, observed } from './node-host.ts';

/** Exit code of Node when a top-level await never settles. */
const UNSETTLED_AWAIT = 13;

/**
 * When the program ends because its top-level await never settles: names the modules that wait for each other, where they
 * do. @returns what ends that
 */
export function watchModuleCircles(host: NodeHost): () => void {
  const atExit = (code: number): void => {
    if (Number(process.exitCode ?? code) === UNSETTLED_AWAIT) observed(host, () => report(host));
  };
  const atEnd = (): void => {
    // Node's own listener sets the code, unless there is one: ours has to come after it.
    process.off('exit', atExit);
    process.once('exit', atExit);
  };
  process.on('beforeExit', atEnd);
  return () => {
    process.off('beforeExit', atEnd);
    process.off('exit', atExit);
  };
}

function report({ session, rules, onFinding }: NodeHost): void {
  const [, entry] = process.argv;
  const circle = entry === undefined ? null : circleOfImports(moduleImports(entry));
  const [awaited] = circle ?? [];
  if (circle === null || awaited === undefined) return;
  const [waiting, imported] = [nameOf(awaited.from), nameOf(awaited.to)];
  const way = circle.slice(1).map(({ to }) => nameOf(to));
  const needs = way.length === 0 ? 'is itself' : `imports ${way.join(', which imports ')}`;
  onFinding(
    stuckFinding(
      {
        message: `Module ${waiting} awaits import() of ${imported}, which ${needs}: none of them can go on`,
        help: [
          `Do not await that import() while the module is evaluated: in a function that is called later, it may wait.`,
          `Or let ${imported} take what it needs as an argument, or move what both need into a third module.`,
        ],
        openWaits: circle.map((step, index) => openWait(step, (index + 1) % circle.length)),
      },
      rules,
      session.now,
    ),
  );
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
