import type { Finding, OpenWait } from '../../src/core/finding.ts';
import { placeOf, siteText } from './frames.ts';
import { callText, oneLine } from './names.ts';

/** A queue behind a deadlock may be long, and the first of it say it all. */
const MAX_SHOWN = 8;

/** One line for each wait that does not end because of a circle it is no part of. */
export function waitingBehindLines({ circle, openWaits }: Finding): readonly string[] {
  if (circle.length === 0) return [];
  const rest = openWaits.length - MAX_SHOWN;
  return [
    ...openWaits.slice(0, MAX_SHOWN).map((wait) => `also waiting behind it: ${behindText(wait)}`),
    ...(rest > 0 ? [`also waiting behind it: ${rest} more`] : []),
  ];
}

/** `audit in acquire(stock:0) (src/shop.ts:9:3)`. */
function behindText({ contextName, label, className, stack }: OpenWait): string {
  const place = placeOf(stack);
  return oneLine(`${contextName} in ${callText(label, className)}${place === null ? '' : ` (${siteText(place)})`}`);
}
