import type { OpenWait } from '../../src/core/finding.ts';
import type { Indent } from './diagram.ts';
import { NOT_AVAILABLE, stackLines } from './frames.ts';
import { callText, contextLetter } from './names.ts';
import { heading } from './separators.ts';

const LEGEND: readonly string[] = Object.freeze(['[E]: the event, before anybody waited', '[W]: the wait blocked']);

/** [E] stands above [W], as it came. */
function diagram(wait: OpenWait, indent: Indent): readonly string[] {
  const pad = ' '.repeat(indent);
  return [`${pad}[E] ${eventText(wait)}`, `${pad}[W] ${callText(wait.label, wait.className)}`];
}

/** `emit(ready of Database)`; the call is unknown where only its effect was seen. */
function eventText({ className, owners: [event] }: OpenWait): string {
  return callText(event?.startLabel ?? null, className);
}

/** The waits of a lost event: what came first, and what waits for it. */
export function lostEventSummary(waits: readonly OpenWait[], indent: Indent): readonly string[] {
  const contexts = waits.flatMap((wait, index) => [`context ${contextLetter(index)}`, ...diagram(wait, indent), '']);
  return [...contexts, ...LEGEND];
}

export function lostEventDetails(waits: readonly OpenWait[], indent: Indent, maxFrames: number): readonly string[] {
  return waits.flatMap((wait, index) => {
    const name = `context ${contextLetter(index)}`;
    const [event] = wait.owners;
    return [
      ...heading(`${name}'s detail`),
      name,
      ...diagram(wait, indent),
      '',
      `[E] ${eventText(wait)}:`,
      ...(event === undefined ? [NOT_AVAILABLE] : stackLines(event.stack, maxFrames)),
      '',
      `[W] ${callText(wait.label, wait.className)}:`,
      ...stackLines(wait.stack, maxFrames),
    ];
  });
}
