import { Script } from 'node:vm';

/** A body, and what stands behind an arrow. In the first `await` is an operator, in the second one `yield` as well. */
const FORMS: readonly ((body: string) => string)[] = [
  (body) => `(async function(){${body}\n})`,
  (body) => `(async function*(){${body}\n})`,
  (body) => `(async () => (${body}\n))`,
];

/** True when the engine takes this for the body of a function. False also for TypeScript. */
export function isBody(body: string): boolean {
  const alone = body
    .replaceAll(/#(?=[\w$])/g, '_')
    .replaceAll(/\bsuper\b/g, 'this')
    .replaceAll('import.meta', 'import_meta');
  return FORMS.some((form) => {
    try {
      return new Script(form(alone)) instanceof Script;
    } catch {
      return false;
    }
  });
}
