import { escaped } from '../heap/function-text.ts';
import type { LockCandidate, PartText } from './lock-candidate.ts';

const FOUND = String.raw`this\s*\.\s*(#?[\w$]+)\s*(?:\.\s*get\s*\(\s*[\w$]+\s*\)|\[\s*[\w$]+\s*\])`;
const VARIABLE = String.raw`(?:const|let|var)\s+([\w$]+)\s*(?::[^=;]*)?=\s*\(?\s*`;
/** `const entry = this.entries.get(key)`. */
const KNOWN_ENTRY = new RegExp(`${VARIABLE}${FOUND}`, 'g');
/** `const entry = this.entryOf(key)`. */
const CALLED = new RegExp(String.raw`${VARIABLE}this\s*\.\s*(#?[\w$]+)\s*\(\s*[\w$]+\s*\)`, 'g');
const MEMBER = String.raw`\s*(?:[?!]?\.)\s*([\w$]+)(?![\w$])`;
const OF_A_LIST = /^(?:push|unshift|shift|pop|splice|length|size|forEach|values|add|delete|next)$/;

/**
 * The same candidate with a field of its own for each field of what it finds by a key: `entry.isTaken` is read as a field of the lock, and
 * each key has a lock. Null where it keeps nothing so.
 */
export function withEntries(of: LockCandidate): LockCandidate | null {
  const finders = new Set<PartText>();
  const read = of.parts.map((part) => withFields(part, of.parts, finders));
  if (read.every((part, i) => part === of.parts[i])) return null;
  // What one of them gives is an entry, and nothing that the program gets.
  const parts = read.map((part, i) =>
    finders.has(of.parts[i] as PartText) ? { ...part, text: part.text.replaceAll(/\breturn\b/g, 'void') } : part,
  );
  return { ...of, parts, text: `${of.text}\n${parts.map(({ text }) => text).join('\n')}` };
}

/** What is asked of each key cannot be asked of the lock. */
export function asksEntries(expression: string): boolean {
  return /\$/.test(expression);
}

/** @param finders those that find an entry for others are put into it */
function withFields(part: PartText, all: readonly PartText[], finders: Set<PartText>): PartText {
  const entries = new Map<string, string>();
  for (const [, name = '', field = ''] of part.text.matchAll(KNOWN_ENTRY)) entries.set(name, field);
  for (const [, name = '', method = ''] of part.text.matchAll(CALLED)) {
    const finder = all.find((other) => other.name === method && other !== part);
    const field = finder?.text.match(FOUND)?.[1];
    if (finder === undefined || field === undefined) continue;
    entries.set(name, field);
    finders.add(finder);
  }
  let { text } = part;
  for (const [name, field] of entries) {
    text = text.replaceAll(new RegExp(`(?<![\\w$.#])${escaped(name)}${MEMBER}`, 'g'), (_all, member: string) =>
      fieldOf(field, member),
    );
  }
  if (entries.size > 0 || new RegExp(`${FOUND}${MEMBER}`).test(text)) {
    text = text.replaceAll(new RegExp(`${FOUND}${MEMBER}`, 'g'), (_all, field: string, member: string) =>
      fieldOf(field, member),
    );
  }
  return text === part.text ? part : { ...part, text };
}

function fieldOf(field: string, member: string): string {
  return OF_A_LIST.test(member) ? `this.${field}$.${member}` : `this.${field}$${member}`;
}
