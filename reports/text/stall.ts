import type { OpenWait, SuspendedFunction } from '../../src/core/finding.ts';
import { awaitedText } from '../outline.ts';
import { placeOf, siteText } from './frames.ts';
import { alikeText, callText, contextLetter, oneLine } from './names.ts';

/** Values of variables may be long; a report is read by people. */
const MAX_LOCALS = 8;

/**
 * Open waits as a tree: under each wait the contexts that owe its event, under each of those what it waits for itself.
 * Nothing where neither ages nor such links are known: the contexts of the summary say it all then.
 */
export function waitTreeLines(waits: readonly OpenWait[]): readonly string[] {
  const isKnown = ({ ageMs, owners }: OpenWait): boolean =>
    typeof ageMs === 'number' || owners.some(({ stoppedBy = [] }) => stoppedBy.length > 0);
  if (!waits.some(isKnown)) return [];
  const below = new Set(waits.flatMap(({ owners }) => owners.flatMap(({ stoppedBy = [] }) => stoppedBy)));
  const printed = new Set<number>();
  const roots = waits.map((_, index) => index).sort((a, b) => Number(below.has(a)) - Number(below.has(b)) || a - b);
  return roots.flatMap((root) => (printed.has(root) ? [] : branch(root, 1, waits, printed)));
}

function branch(index: number, depth: number, waits: readonly OpenWait[], printed: Set<number>): readonly string[] {
  const wait = waits[index];
  if (wait === undefined) return [];
  const pad = '   '.repeat(depth);
  const who = `${contextLetter(index)} ${oneLine(wait.contextName)}`;
  if (printed.has(index)) return [`${pad}${who}, see above`];
  printed.add(index);
  const age = typeof wait.ageMs === 'number' ? ` since ${wait.ageMs} ms` : '';
  const owners = wait.owners.flatMap((owner) => {
    const stops = owner.stoppedBy ?? [];
    const because = stops.length === 0 ? '' : ', who cannot because of:';
    const line = `${pad}   owed by ${oneLine(owner.contextName)} since ${callText(owner.startLabel, wait.className)}${alikeText(owner)}${because}`;
    return [line, ...stops.flatMap((stop) => branch(stop, depth + 2, waits, printed))];
  });
  return [
    `${pad}${who} waits${age} in ${callText(wait.label, wait.className)}${alikeText(wait)}`,
    ...(owners.length === 0 ? [`${pad}   owed by nobody that is known`] : owners),
  ];
}

/** One line for each function: where it stands and what it awaits; its variables below it. */
export function suspendedLines(suspended: readonly SuspendedFunction[]): readonly string[] {
  return suspended.flatMap((each) => {
    const place = placeOf(each.stack);
    const at = place === null ? '' : ` (${siteText(place)})`;
    return [
      `   ${oneLine(each.name)}${at} awaits ${oneLine(awaitedText(each, suspended))}`,
      ...(each.locals.length === 0 ? [] : [`      variables: ${localsText(each.locals)}`]),
    ];
  });
}

function localsText(locals: SuspendedFunction['locals']): string {
  const shown = locals.slice(0, MAX_LOCALS).map(({ name, value }) => (value === null ? name : `${name} = ${value}`));
  return oneLine([...shown, ...(locals.length > MAX_LOCALS ? ['...'] : [])].join(', '));
}
