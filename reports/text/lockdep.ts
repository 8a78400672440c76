import type { LockdepReport, LockdepReportKind } from '../../src/tracker/lockdep/report.ts';
import { classText, contextText, heldLines, lockText, orderLines, placeText, stackText } from './lockdep-names.ts';
import { circularScenario, interruptScenario, recursiveScenario, usageScenario } from './lockdep-scenario.ts';
import { oneLine } from './names.ts';

const MORE = ['', 'other info that might help us debug this:'];

/** What stands between the title and the held locks, by kind. */
const BODIES: Readonly<Record<LockdepReportKind, (report: LockdepReport) => readonly string[]>> = {
  circular: circularBody,
  recursive: recursiveBody,
  'irq-order': irqOrderBody,
  'irq-inversion': inversionBody,
  'inconsistent-state': inconsistentBody,
  'wait-context': waitContextBody,
  'bad-unlock': badUnlockBody,
  'held-lock-freed': freedBody,
  'exit-with-held': () => [],
  'nest-lock-not-held': nestLockBody,
  'chain-collision': detailBody,
  'debug-locks': detailBody,
  limit: limitBody,
};

/**
 * A lockdep report as the kernel lays it out (kernel/locking/lockdep.c). Instances are shown by name where the kernel
 * prints addresses, places by file and line; the line with the kernel's version is left out.
 *
 * @returns lines joined with `\n`, with a final one
 */
export function lockdepText(report: LockdepReport): string {
  const title = oneLine(report.title);
  const lines = [
    '='.repeat(title.length),
    title,
    '-'.repeat(title.length),
    ...BODIES[report.kind](report),
    ...heldLines(report),
    ...dependencyLines(report),
    '',
    'stack backtrace:',
    ...stackText(report.stack, '      '),
  ];
  return `${lines.join('\n')}\n`;
}

function circularBody(report: LockdepReport): readonly string[] {
  const { lock, other, chain } = report;
  if (lock === null || other === null) return [];
  const lines = [
    `${contextText(report)} is trying to acquire lock:`,
    lockText(lock),
    '',
    'but task is already holding lock:',
    lockText(other),
    '',
    'which lock already depends on the new lock.',
    '',
    '',
    'the existing dependency chain (in reverse order) is:',
  ];
  for (let i = chain.length - 1; i >= 0; i--) {
    const order = chain[i];
    if (order !== undefined)
      lines.push('', `-> #${i + 1} ${classText(order.to)}:`, ...stackText(order.stack, '       '));
  }
  lines.push('', `-> #0 ${classText(lock)}:`, ...stackText(lock.stack ?? report.stack, '       '));
  return [...lines, ...MORE, '', ...circularScenario(report)];
}

function recursiveBody(report: LockdepReport): readonly string[] {
  const { lock, other } = report;
  if (lock === null || other === null) return [];
  return [
    `${contextText(report)} is trying to acquire lock:`,
    lockText(lock),
    '',
    'but task is already holding lock:',
    lockText(other),
    ...MORE,
    ...recursiveScenario(report),
  ];
}

function irqOrderBody(report: LockdepReport): readonly string[] {
  const { lock, other, usage } = report;
  if (lock === null || other === null || usage === null) return [];
  const name = usage.irq.toUpperCase();
  return [
    `${contextText(report)} ${report.irqState ?? ''} is trying to acquire:`,
    lockText(lock),
    '',
    'and this task is already holding:',
    lockText(other),
    'which would create a new lock dependency:',
    ` ${classText(other)} -> ${classText(lock)}`,
    '',
    `but this new dependency connects a ${name}-irq-safe lock:`,
    ` ${classText(usage.safe)}`,
    '',
    `... which became ${name}-irq-safe at:`,
    ...stackText(usage.safeStack, '  '),
    '',
    `to a ${name}-irq-unsafe lock:`,
    ` ${classText(usage.unsafe)}`,
    '',
    `... which became ${name}-irq-unsafe at:`,
    ...stackText(usage.unsafeStack, '  '),
    ...MORE,
    '',
    ...interruptScenario(report),
  ];
}

function inversionBody(report: LockdepReport): readonly string[] {
  const { lock, usage } = report;
  if (lock === null || usage === null) return [];
  return [
    `${contextText(report)} just changed the state of lock:`,
    lockText(lock),
    usage.forwards
      ? `but this lock took another, ${usage.state}-unsafe lock in the past:`
      : `but this lock was taken by another, ${usage.state}-safe lock in the past:`,
    ` ${classText(usage.forwards ? usage.unsafe : usage.safe)}`,
    '',
    '',
    'and interrupts could create inverse lock ordering between them.',
    '',
    ...MORE,
    ...interruptScenario(report),
  ];
}

function inconsistentBody(report: LockdepReport): readonly string[] {
  const { lock, usage } = report;
  if (lock === null || usage === null) return [];
  return [
    `inconsistent {${usage.before}} -> {${usage.now}} usage.`,
    `${contextText(report)} ${report.irqState ?? ''} takes:`,
    lockText(lock),
    `{${usage.before}} state was registered at:`,
    ...stackText(usage.forwards ? usage.unsafeStack : usage.safeStack, '  '),
    ...MORE,
    ...usageScenario(report),
  ];
}

function waitContextBody(report: LockdepReport): readonly string[] {
  if (report.lock === null) return [];
  return [
    `${contextText(report)} is trying to lock:`,
    lockText(report.lock),
    'other info that might help us debug this:',
    report.detail ?? '',
  ];
}

function badUnlockBody(report: LockdepReport): readonly string[] {
  if (report.lock === null) return [];
  return [
    `${contextText(report)} is trying to release lock (${oneLine(report.lock.name)}) at:`,
    placeText(report.stack),
    report.detail ?? '',
    ...MORE,
  ];
}

function freedBody(report: LockdepReport): readonly string[] {
  if (report.lock === null) return [];
  return [
    `${contextText(report)} is freeing memory of ${oneLine(report.lock.label)}, with a lock still held there!`,
    lockText(report.lock),
  ];
}

function nestLockBody(report: LockdepReport): readonly string[] {
  if (report.lock === null) return [];
  return [
    `${contextText(report)} is trying to lock:`,
    lockText(report.lock),
    '',
    'but this task is not holding:',
    oneLine(report.detail ?? ''),
    ...MORE,
  ];
}

function detailBody(report: LockdepReport): readonly string[] {
  return [`${contextText(report)}: ${oneLine(report.detail ?? '')}`];
}

function limitBody(report: LockdepReport): readonly string[] {
  return [oneLine(report.detail ?? ''), 'turning off the locking correctness validator.'];
}

/** The orders behind an interrupt report; they come after the held locks. */
function dependencyLines(report: LockdepReport): readonly string[] {
  const { kind, usage, lock } = report;
  if (usage === null || lock === null) return [];
  if (kind === 'irq-inversion') {
    return ['', 'the shortest dependencies between 2nd lock and 1st lock:', ...orderLines(usage.safe, usage.toHeld)];
  }
  if (kind !== 'irq-order') return [];
  const name = usage.irq.toUpperCase();
  return [
    '',
    `the dependencies between ${name}-irq-safe lock and the holding lock:`,
    ...orderLines(usage.safe, usage.toHeld),
    '',
    'the dependencies between the lock to be acquired',
    ` and ${name}-irq-unsafe lock:`,
    ...orderLines(lock, usage.fromNew),
  ];
}
