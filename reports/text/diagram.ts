import type { Dependency } from '../../src/core/dependency.ts';
import { placeText } from './names.ts';
import { TIMEOUT_RULE } from './separators.ts';

/** Spaces of one level: 3 since v15, 4 in older kernels and in the sample of the kernel's documentation. */
export type Indent = 3 | 4;

/** [S], [W] and [E] of one dependency (kernel/dependency/dept.c, print_diagram). */
export function diagramLines(dependency: Dependency, indent: Indent): readonly string[] {
  const pad = ' '.repeat(indent);
  const start = `${pad}[S] ${placeText(dependency.start)}`;
  const wait = `${pad}[W] ${placeText(dependency.wait)}`;
  const event = `${pad}[E] ${placeText(dependency.event)}`;
  if (dependency.irqs.length === 0)
    return dependency.timed ? [start, wait, pad + TIMEOUT_RULE, event] : [start, wait, event];
  return dependency.irqs.flatMap((irq, index) => [
    ...(index === 0 ? [] : ['', 'or', '']),
    start,
    `${pad}    <${irq} interrupt>`,
    pad + wait,
    event,
  ]);
}
