import { behindBracket } from './brackets.ts';

/** An object that is given, or made to be given. */
const GIVEN = /(?:\breturn\s*|\(\s*|=\s*)\{/g;
const MEMBER =
  /(?<=[{,]\s*(?:async\b\s*)?)(?:(release|unlock|free|leave|done|dispose)\s*(?:\(|[,}]|:(?!\s*(?:true|false|null|undefined|[\d'])))|\[\s*Symbol\s*\.\s*(dispose|asyncDispose)\s*\])/g;

/** The methods with which an object that is given in this text gives back what it stands for; none where no such object is. */
export function handleIn(text: string): readonly string[] {
  for (const match of text.matchAll(GIVEN)) {
    const open = match.index + match[0].length - 1;
    const behind = behindBracket(text, open);
    if (behind < 0) continue;
    const members = [...outermost(text.slice(open, behind)).matchAll(MEMBER)];
    const names = members.map(([, name, symbol]) => name ?? `@@${symbol}`);
    if (names.length > 0) return [...new Set(names)];
  }
  return [];
}

/** What stands in the brackets of an object itself: what is in the brackets of its members is left out. */
function outermost(object: string): string {
  let own = '{';
  for (let at = 1; at < object.length; at++) {
    const char = object[at] as string;
    own += char;
    if (char !== '{' && char !== '(') continue;
    const behind = behindBracket(object, at);
    if (behind < 0) return own;
    at = behind - 1;
  }
  return own;
}
