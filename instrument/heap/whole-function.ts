import { Script } from 'node:vm';

/** A body, and what stands behind an arrow. In the first `await` is an operator, in the second one `yield` as well. */
const BODIES: readonly ((body: string) => string)[] = [
  (body) => `(async function(){${body}\n})`,
  (body) => `(async function*(){${body}\n})`,
  (body) => `(async () => (${body}\n))`,
];
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
  return isScriptIn(FORMS, text);
}

/** True when the engine takes this for the body of a function. False also for TypeScript. */
export function isBody(text: string): boolean {
  return isScriptIn(BODIES, text);
}

/** What could only be written in a class or a module is another name here. */
function isScriptIn(forms: readonly ((text: string) => string)[], text: string): boolean {
  const alone = text
    .replaceAll(/#(?=[\w$])/g, '_')
    .replaceAll(/\bsuper\b/g, 'this')
    .replaceAll('import.meta', 'import_meta');
  return forms.some((form) => isScript(form(alone)));
}

function isScript(source: string): boolean {
  try {
    return new Script(source) instanceof Script;
  } catch {
    return false;
  }
}
