import type { Step } from './steps.ts';

const GAP = 3;

/**
 * A timeline as the kernel's documentation draws it: one column for each context in the order of their first step, one
 * row for each step, `<- DEADLOCK` beside a wait that never ended. Whole lines.
 */
export function drawSteps(steps: readonly Step[]): string {
  const names = [...new Set(steps.map((step) => step.context))].sort();
  const cells = steps.map((step) => (step.isBlocked ? `${step.text} <- DEADLOCK` : step.text));
  const widths = names.map((name) => {
    const own = cells.filter((_, i) => steps[i]?.context === name).map((cell) => cell.length);
    return Math.max(`context ${name}`.length, ...own) + GAP;
  });
  const row = (column: number, text: string): string => {
    const before = widths.slice(0, column).reduce((sum, width) => sum + width, 0);
    return ' '.repeat(before) + text;
  };
  const heading = names.map((name, i) => `context ${name}`.padEnd(widths[i] ?? 0)).join('');
  const rows = steps.map((step, i) => row(names.indexOf(step.context), cells[i] ?? ''));
  return [heading.trimEnd(), '', ...rows, '']
    .map((line) => (line === '' ? '' : `   ${line}`))
    .join('\n')
    .concat('\n');
}
