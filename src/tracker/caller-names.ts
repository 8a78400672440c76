import type { ContextName, Dependency } from '../core/dependency.ts';
import { isOfPackage, type Stack } from '../core/stack.ts';

/** Names that say nothing of the code they stand for. */
const NAMELESS =
  /^(?:main|async|task|<anonymous>|(?:Object|MessagePort|Timeout|Immediate)\.<anonymous>|Module\.|new Promise|process\.|eval)/;

/**
 * The circle with its contexts called by what a reader knows: their own name, else the function that waits. Several whose
 * functions have no name, as handlers of a server, are told apart by the lines where they wait.
 */
export function named(circle: readonly Dependency[]): readonly Dependency[] {
  const names = circle.map(whoIs);
  const lines = names.every((name, i) => isUnnamed(circle[i] as Dependency, name)) ? circle.map(lineOfWait) : [];
  const areApart = !lines.includes(null) && new Set(lines).size > 1;
  return circle.map((dependency, i) => {
    const name = (areApart ? lines[i] : names[i]) as string;
    return { ...dependency, context: { ...dependency.context, name } };
  });
}

function isUnnamed({ context }: Dependency, name: string): boolean {
  return context.kind === 'main' && (name === context.name || name.endsWith('.<anonymous>'));
}

/** The line of the program that waits, as `server.ts:12`. */
function lineOfWait({ wait }: Dependency): string | null {
  const frame = wait.stack?.frames.find((each) => each.file !== null && !isOfPackage(each));
  return frame === undefined ? null : `${(frame.file as string).replace(/^.*\//, '')}:${frame.line}`;
}

function whoIs({ context, wait, start, event }: Dependency): string {
  return callerName(context, [wait.stack, start.stack, event.stack]);
}

/** The context's own name; the main one is called by the program's function that it was in, as far as a stack tells. */
export function callerName(context: ContextName, stacks: readonly (Stack | null)[]): string {
  if (context.kind !== 'main') return context.name;
  for (const stack of stacks) {
    for (const frame of stack?.frames ?? []) {
      if (isOfPackage(frame)) continue;
      const { functionName } = frame;
      if (functionName !== null && functionName !== '' && !NAMELESS.test(functionName))
        return functionName.replace(/^async /, '');
    }
  }
  return context.name;
}
