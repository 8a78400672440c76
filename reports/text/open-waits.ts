import type { OpenWait } from '../../src/core/finding.ts';
import type { Indent } from './diagram.ts';
import { DEFAULT_MAX_FRAMES, NOT_AVAILABLE, stackLines } from './frames.ts';
import { alikeText, callText, contextLetter, oneLine } from './names.ts';
import { heading } from './separators.ts';

/** What the letters mean where nobody is left to trigger an event. */
export const OPEN_WAIT_LEGEND: readonly string[] = Object.freeze([
  '[W]: the wait blocked',
  '[S]: start of the event context that owes the event',
]);

function waitText(wait: OpenWait): string {
  return `${callText(wait.label, wait.className)}${alikeText(wait)}`;
}

function ownerText(wait: OpenWait, owner: OpenWait['owners'][number]): string {
  return `${callText(owner.startLabel, wait.className)} in ${oneLine(owner.contextName)} context${alikeText(owner)}`;
}

/** [W], then one [S] for each context that is known to owe the event. */
function openWaitDiagram(wait: OpenWait, indent: Indent): readonly string[] {
  const pad = ' '.repeat(indent);
  const owners = wait.owners.map((owner) => `${pad}[S] ${ownerText(wait, owner)}`);
  return [
    `${pad}[W] ${waitText(wait)}`,
    ...(owners.length === 0 ? [`${pad}[S] ${callText(null, wait.className)}`] : owners),
  ];
}

export function openWaitSummary(waits: readonly OpenWait[], indent: Indent): readonly string[] {
  return waits.flatMap((wait, index) => [`context ${contextLetter(index)}`, ...openWaitDiagram(wait, indent), '']);
}

export function openWaitDetails(waits: readonly OpenWait[], indent: Indent, maxFrames: number): readonly string[] {
  return waits.flatMap((wait, index) => {
    const name = `context ${contextLetter(index)}`;
    const owners = wait.owners.flatMap((owner) => [
      '',
      `[S] ${ownerText(wait, owner)}:`,
      ...stackLines(owner.stack, maxFrames),
    ]);
    return [
      ...heading(`${name}'s detail`),
      name,
      ...openWaitDiagram(wait, indent),
      '',
      `[W] ${waitText(wait)}:`,
      ...stackLines(wait.stack, maxFrames),
      ...(owners.length === 0 ? ['', `[S] ${callText(null, wait.className)}:`, NOT_AVAILABLE] : owners),
    ];
  });
}

/** Who waits for whom, without a finding: the letters, what they mean, and each context's stacks. Whole lines. */
export function formatOpenWaits(waits: readonly OpenWait[], maxFrames: number = DEFAULT_MAX_FRAMES): string {
  const lines = [...openWaitSummary(waits, 3), ...OPEN_WAIT_LEGEND, ...openWaitDetails(waits, 3, maxFrames)];
  return `${lines.join('\n')}\n`;
}
