/** How far above a line its class is looked for. */
const MAX_LINES = 2000;

const CLASS = /\bclass\s+(?!extends\b)([A-Za-z_$][\w$]*)/;
/** Code that has a `this` of its own: functions, and methods of an object. */
const OWN_THIS =
  /\bfunction\b|^\s*(?:(?:async|static|get|set)\s+|\*\s*)*(?!(?:if|for|while|switch|catch|with)\b)[\w$#]+\s*\([^()]*\)\s*\{/;
const COMMENT = /^\s*(?:\/\/|\/?\*)/;

/**
 * The class in whose body this line (from 0) of a file stands, if `this` there is its instance, or null where that cannot be
 * told. Goes by the indentation, which formatters keep: what encloses a line begins further to the left, above it.
 */
export function enclosingClass(lines: readonly string[], index: number): string | null {
  let indentation = indentationOf(lines[index] ?? '');
  let hasOwnThis = false;
  for (let i = index - 1; i >= 0 && i >= index - MAX_LINES && indentation > 0; i--) {
    const line = lines[i] ?? '';
    const its = indentationOf(line);
    if (its >= indentation || COMMENT.test(line)) continue;
    indentation = its;
    const name = CLASS.exec(line)?.[1];
    if (name !== undefined) return name;
    // The first such line is the method of the class, if the class comes next.
    if (hasOwnThis) return null;
    hasOwnThis = OWN_THIS.test(line);
  }
  return null;
}

/** Infinity for an empty line: it encloses nothing. */
function indentationOf(line: string): number {
  const at = line.search(/\S/);
  return at === -1 ? Number.POSITIVE_INFINITY : at;
}
