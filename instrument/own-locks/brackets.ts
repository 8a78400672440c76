const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/** Behind the bracket that closes the one there, in a text without strings; -1 where none does. */
export function behindBracket(blank: string, begin: number): number {
  const open: string[] = [];
  for (let at = begin; at < blank.length; at++) {
    const char = blank[at] as string;
    const closing = CLOSING[char];
    if (closing !== undefined) open.push(closing);
    else if (char === ')' || char === ']' || char === '}') {
      if (open.pop() !== char) return -1;
      if (open.length === 0) return at + 1;
    }
  }
  return -1;
}

/** Behind the `>` that ends the types which begin there. */
export function behindTypes(blank: string, begin: number): number {
  let depth = 0;
  for (let at = begin; at < blank.length; at++) {
    const char = blank[at] as string;
    if (char === '<') depth++;
    else if (char === '>' && blank[at - 1] !== '=') {
      depth--;
      if (depth === 0) return at + 1;
    } else if (CLOSING[char] !== undefined) {
      const behind = behindBracket(blank, at);
      if (behind < 0) return -1;
      at = behind - 1;
    } else if (char === ';' || char === ')' || char === ']' || char === '}') return -1;
  }
  return -1;
}

/** The parts of a text between the commas that stand in no bracket. */
export function atCommas(blank: string): readonly string[] {
  const parts: string[] = [];
  let begin = 0;
  for (let at = 0; at < blank.length; at++) {
    const char = blank[at] as string;
    if (CLOSING[char] !== undefined) {
      const behind = behindBracket(blank, at);
      if (behind < 0) return [];
      at = behind - 1;
    } else if (char === '<' && /[\w$]\s*$/.test(blank.slice(begin, at))) {
      const behind = behindTypes(blank, at);
      if (behind > 0) at = behind - 1;
    } else if (char === ',') {
      parts.push(blank.slice(begin, at));
      begin = at + 1;
    }
  }
  const rest = blank.slice(begin);
  return rest.trim() === '' ? parts : [...parts, rest];
}
