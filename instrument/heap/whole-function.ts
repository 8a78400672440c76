import { Script } from 'node:vm';

/** In the first `await` is an operator, in the second one `yield` as well, and in the last one both may be names. */
const FORMS: readonly ((text: string) => string)[] = [
  (text) => `(async ${text})`,
  (text) => `(async function* whole${text})`,
  (text) => `(function whole${text})`,
];

/**
 * True when the text of a function, from its parameters on, has been read to its end: the engine takes it for one, and what is cut off is
 * none. False also for what could only be written elsewhere.
 */
export function isWhole(text: string): boolean {
  const alone = text
    .replaceAll(/#(?=[\w$])/g, '_')
    .replaceAll(/\bsuper\b/g, 'this')
    .replaceAll('import.meta', 'import_meta');
  return FORMS.some((form) => isScript(form(alone)));
}

function isScript(source: string): boolean {
  try {
    return new Script(source) instanceof Script;
  } catch {
    return false;
  }
}
