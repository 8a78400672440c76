/** What a piece of a text does to a field of its object. */
export type Change = 'up' | 'down' | 'true' | 'false' | 'set' | 'clear' | 'put' | 'remove' | 'mark' | 'unmark';

const OPPOSITE: Readonly<Record<Change, Change>> = {
  up: 'down',
  down: 'up',
  true: 'false',
  false: 'true',
  set: 'clear',
  clear: 'set',
  put: 'remove',
  remove: 'put',
  mark: 'unmark',
  unmark: 'mark',
};

const FIELD = String.raw`\bthis\s*\.\s*(#?[\w$]+)`;
const CHANGES: readonly (readonly [RegExp, Change])[] = [
  [
    new RegExp(
      String.raw`${FIELD}\s*(?:\+\+|\+=\s*1\b)|\+\+\s*${FIELD}|${FIELD}\s*=\s*this\s*\.\s*#?[\w$]+\s*\+\s*1\b`,
      'g',
    ),
    'up',
  ],
  [
    new RegExp(
      String.raw`${FIELD}\s*(?:--|-=\s*1\b)|--\s*${FIELD}|${FIELD}\s*=\s*(?:Math\s*\.\s*max\s*\(\s*0\s*,\s*)?this\s*\.\s*#?[\w$]+\s*-\s*1\b`,
      'g',
    ),
    'down',
  ],
  [new RegExp(String.raw`${FIELD}\s*=\s*(?:true\b|!0)`, 'g'), 'true'],
  [new RegExp(String.raw`${FIELD}\s*=\s*(?:false\b|!1)`, 'g'), 'false'],
  [new RegExp(String.raw`${FIELD}\s*=\s*(?:null|undefined|void\s+0)\b`, 'g'), 'clear'],
  [new RegExp(String.raw`${FIELD}\s*=(?![=>])\s*(?!(?:true|false|null|undefined|void)\b|!)`, 'g'), 'set'],
  [new RegExp(String.raw`${FIELD}\s*\.\s*(?:push|unshift)\s*\(`, 'g'), 'put'],
  [new RegExp(String.raw`${FIELD}\s*\.\s*(?:pop|shift)\s*\(`, 'g'), 'remove'],
  [new RegExp(String.raw`${FIELD}\s*(?:\.\s*(?:set|add)\s*\(|\[[^\]]+\]\s*=(?![=>]))`, 'g'), 'mark'],
  [new RegExp(String.raw`${FIELD}\s*\.\s*delete\s*\(|\bdelete\s+${FIELD}\s*\[`, 'g'), 'unmark'],
];

/** More or less than one at a time. */
const AMOUNT = new RegExp(String.raw`${FIELD}\s*[+-]=(?!\s*1\b)`);

/** True where somebody may take more than one. */
export function countsAmounts(text: string): boolean {
  return AMOUNT.test(text);
}

interface ChangePlace {
  readonly at: number;
  readonly field: string;
  readonly change: Change;
}

function placesIn(text: string): readonly ChangePlace[] {
  const found: ChangePlace[] = [];
  for (const [pattern, change] of CHANGES) {
    for (const match of text.matchAll(pattern)) {
      const field = match.slice(1).find((name) => name !== undefined);
      if (field !== undefined) found.push({ at: match.index, field, change });
    }
  }
  return found.sort((one, other) => one.at - other.at);
}

/** Fields of `this` that a text changes, and how; in the order in which they come first. */
export function changesIn(text: string): ReadonlyMap<string, ReadonlySet<Change>> {
  const changes = new Map<string, Set<Change>>();
  for (const { field, change } of placesIn(text)) {
    const known = changes.get(field);
    if (known === undefined) changes.set(field, new Set([change]));
    else known.add(change);
  }
  return changes;
}

/** True where a field is changed and changed back in one go: nothing is awaited in between. */
export function isChangedAtOnce(text: string, field: string): boolean {
  const [first, ...others] = placesIn(text).filter((place) => place.field === field && isCounted(place.change));
  const last = others.findLast(({ change }) => change === oppositeOf(first?.change ?? change));
  if (first === undefined || last === undefined) return false;
  return !/\bawait\b/.test(text.slice(first.at, last.at));
}

export function oppositeOf(change: Change): Change {
  return OPPOSITE[change];
}

/** A queue is no state: what is put into it are those who wait. */
export function isState(change: Change): boolean {
  return change !== 'put';
}

/** What is up or down, or counted. */
export function isCounted(change: Change): boolean {
  return change === 'up' || change === 'down' || change === 'true' || change === 'false';
}
