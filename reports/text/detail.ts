import type { Dependency } from '../../src/core/dependency.ts';
import type { IrqType } from '../../src/core/irq.ts';
import { stackLines, traceLines } from './frames.ts';
import { placeText } from './names.ts';

/** The stacks behind [S], [W] and [E] of one dependency (kernel/dependency/dept.c, print_dep). */
export function detailLines(dependency: Dependency, maxFrames: number): readonly string[] {
  if (dependency.irqs.length === 0) return oneDetail(dependency, null, maxFrames);
  return dependency.irqs.flatMap((irq) => oneDetail(dependency, irq, maxFrames));
}

function oneDetail(dependency: Dependency, irq: IrqType | null, maxFrames: number): readonly string[] {
  const { start, wait, event, waker, irqStack = null } = dependency;
  const enabled = irq === null ? [] : [`${irq} has been enabled:`, ...stackLines(irqStack, maxFrames), ''];
  const where = irq === null ? '' : ` in ${irq} context`;
  const woken = traceLines(waker, maxFrames);
  return [
    ...enabled,
    `[S] ${placeText(start)}:`,
    ...stackLines(start.stack, maxFrames),
    '',
    `[W] ${placeText(wait)}${where}:`,
    ...stackLines(wait.stack, maxFrames),
    '',
    `[E] ${placeText(event)}:`,
    ...stackLines(event.stack, maxFrames),
    ...(woken.length === 0 ? [] : ['(wait to wake up)', ...woken]),
  ];
}
