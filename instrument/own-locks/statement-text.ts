/** What goes on in the next line. */
const UNENDED = /[=(,:?&|+\-*/%!~<>[]$|\b(?:return|new|typeof|await|yield|case)$/;
/** Whose statement is what follows, and may be followed by another part of it. */
const GOVERNS = /\b(?:else|do)$|\b(?:if|for|while|with)\s*\([^;{}]*\)$/;

/** True where a statement begins: a function there is declared, elsewhere it is a value. */
export function isStatement(blank: string, at: number): boolean {
  const near = blank.slice(Math.max(0, at - 300), at);
  const before = near.trimEnd();
  if (/(?:^|[;{}]|\bexport|\bdefault)$/.test(before)) return true;
  return /\n\s*$/.test(near) && !UNENDED.test(before);
}

/** The same for one that is no part of another statement: something may stand behind it. */
export function standsAlone(blank: string, at: number): boolean {
  return isStatement(blank, at) && !GOVERNS.test(blank.slice(Math.max(0, at - 300), at).trimEnd());
}

/** Behind the semicolon, or the line, that ends the statement; -1 where it goes on. */
export function endOfStatement(blank: string, behind: number): number {
  const [ended] = /^[^\S\n]*(?:;|(?=\n\s*(?:[\w$}@]|$))(?!\n\s*(?:in|instanceof|as|else)\b)|$)/.exec(
    blank.slice(behind, behind + 300),
  ) ?? [null];
  return ended === null ? -1 : behind + ended.length;
}
