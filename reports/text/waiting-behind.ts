import { type Finding, type OpenWait, waitCount } from '../../src/core/finding.ts';
import { placeOf, siteText } from './frames.ts';
import { callText, oneLine } from './names.ts';

/** A queue behind a deadlock may be long, and the first of it say it all. Those that stand at the same place are one line. */
const MAX_SHOWN = 8;

/** One line for each wait that does not end because of a circle it is no part of. */
export function waitingBehindLines({ circle, openWaits }: Finding): readonly string[] {
  if (circle.length === 0) return [];
  const counts = new Map<string, number>();
  for (const wait of openWaits) counts.set(behindText(wait), (counts.get(behindText(wait)) ?? 0) + waitCount([wait]));
  const shown = [...counts].slice(0, MAX_SHOWN);
  const rest = waitCount(openWaits) - shown.reduce((sum, [, count]) => sum + count, 0);
  return [
    ...shown.map(([text, count]) => `also waiting behind it: ${text}${count > 1 ? `, ${count} times` : ''}`),
    ...(rest > 0 ? [`also waiting behind it: ${rest} more`] : []),
  ];
}

/** `audit in acquire(stock:0) (src/shop.ts:9:3)`. */
function behindText({ contextName, label, className, stack }: OpenWait): string {
  const place = placeOf(stack);
  return oneLine(`${contextName} in ${callText(label, className)}${place === null ? '' : ` (${siteText(place)})`}`);
}
