import type { ClassView, LockdepReport, OrderView } from '../../src/tracker/lockdep/report.ts';
import { oneLine } from './names.ts';

const TITLE = ' Possible unsafe locking scenario:';
const END = ['', ' *** DEADLOCK ***', ''];
/** Where the second column starts. */
const CPU1 = ' '.repeat(31);

function call(verb: string, view: ClassView): string {
  return `${verb}(${oneLine(view.name)});`;
}

function exists(...views: readonly ClassView[]): readonly string[] {
  return ['Chain exists of:', `  ${views.map((view) => oneLine(view.name)).join(' --> ')}`, ''];
}

/** Two processors that take two locks crosswise (print_circular_lock_scenario). */
export function circularScenario(report: LockdepReport): readonly string[] {
  const { lock, other, chain } = report;
  if (lock === null || other === null) return [];
  const parent = chain.at(-1)?.from ?? lock;
  const direct = parent.name === lock.name;
  return [
    ...(direct ? [] : exists(lock, parent, other)),
    TITLE,
    '',
    '       CPU0                    CPU1',
    '       ----                    ----',
    `  ${call(other.read === 0 ? 'lock' : 'rlock', other)}`,
    `${CPU1}${call('lock', parent)}`,
    `${CPU1}${call('lock', other)}`,
    `  ${call(lock.read === 0 ? 'lock' : 'rlock', lock)}`,
    ...END,
  ];
}

/** One processor that takes the class twice (print_deadlock_scenario). */
export function recursiveScenario(report: LockdepReport): readonly string[] {
  const { lock, other } = report;
  if (lock === null || other === null) return [];
  return [
    TITLE,
    '',
    '       CPU0',
    '       ----',
    `  ${call('lock', other)}`,
    `  ${call('lock', lock)}`,
    ...END,
    ' May be due to missing lock nesting notation',
    '',
  ];
}

/** An interrupt that takes the lock it interrupted the holder of (print_usage_bug_scenario). */
export function usageScenario(report: LockdepReport): readonly string[] {
  const { lock } = report;
  if (lock === null) return [];
  return [
    TITLE,
    '',
    '       CPU0',
    '       ----',
    `  ${call('lock', lock)}`,
    '  <Interrupt>',
    `    ${call('lock', lock)}`,
    ...END,
  ];
}

/** An interrupt on top of the unsafe lock, while somebody waits for that one under the safe lock (print_irq_lock_scenario). */
export function interruptScenario(report: LockdepReport): readonly string[] {
  const { usage } = report;
  if (usage === null) return [];
  const { safe, unsafe } = usage;
  const middle = middleOf(report, [...usage.toHeld, ...usage.fromNew]);
  return [
    ...(middle.name === unsafe.name ? [] : exists(safe, middle, unsafe)),
    ' Possible interrupt unsafe locking scenario:',
    '',
    '       CPU0                    CPU1',
    '       ----                    ----',
    `  ${call('lock', unsafe)}`,
    `${CPU1}local_irq_disable();`,
    `${CPU1}${call('lock', safe)}`,
    `${CPU1}${call('lock', middle)}`,
    '  <Interrupt>',
    `    ${call('lock', safe)}`,
    ...END,
  ];
}

/** The class the safe one leads to first; the unsafe class when it leads there directly. */
function middleOf(report: LockdepReport, orders: readonly OrderView[]): ClassView {
  const { usage, lock, other } = report;
  if (report.kind === 'irq-order' && lock !== null && other !== null) {
    return other.name === usage?.safe.name ? lock : other;
  }
  return orders[0]?.to ?? (usage?.unsafe as ClassView);
}
