import type { PartText } from './lock-candidate.ts';

/** The parameter that is a function and is called in this text, or null. */
export function taskOf({ parameters }: PartText, text: string): string | null {
  for (const name of parameters) {
    if (name === '') continue;
    const word = name.replaceAll('$', '\\$');
    const called = String.raw`(?<![\w$#]|\bthis\s*\.\s*)${word}\s*(?:\?\.\s*)?\(`;
    const chained = String.raw`\.\s*(?:then|finally)\s*\(\s*(?:[^()]*,\s*)?(?:[\w$]+\s*\.\s*)?${word}\s*[,)]`;
    if (new RegExp(`${called}|${chained}`).test(text)) return name;
  }
  return null;
}

/** Finds one of many. */
const FOUND = /\bthis\s*\.\s*#?[\w$]+\s*(?:\.\s*(?:get|has|set)\s*\(\s*([\w$]+)\s*[,)]|\[\s*([\w$]+)\s*\])/g;

/** The parameter by which it finds one of many; null where it finds one by something else. */
export function keyOf({ parameters }: PartText, reach: string): { readonly keyAt?: number } | null {
  const keys = new Set([...reach.matchAll(FOUND)].map(([, key, index]) => (key ?? index) as string));
  if (keys.size === 0) return {};
  const [key] = keys;
  if (keys.size > 1 || key === undefined) return null;
  const written = new RegExp(
    String.raw`(?:const|let|var)\s+${key.replaceAll('$', '\\$')}\s*(?::[^=;]*)?=\s*(?:String\s*\(\s*([\w$]+)\s*\)|([\w$]+)\s*[;\n])`,
  ).exec(reach);
  const at = parameters.indexOf(written?.[1] ?? written?.[2] ?? key);
  return at < 0 ? null : { keyAt: at };
}
