import { isSlip } from '../src/core/options.ts';
import { VARIABLES } from './config.ts';

const PREFIX = 'DEPT_';
/** A longer name that begins like one of ours is somebody else's, as `DEPT_REPORT_URL` of a department. */
const MOST_LETTERS_MORE = 3;

/** What looks like a variable of dept with a slip in its name; in words, null where there is none. Other names are not dept's. */
export function misspeltVariable(env: Readonly<Record<string, string | undefined>>): string | null {
  for (const name of Object.keys(env)) {
    if (!name.toUpperCase().startsWith(PREFIX) || VARIABLES.has(name) || (env[name] ?? '') === '') continue;
    const meant = [...VARIABLES].find((known) => isLike(name.toUpperCase(), known));
    // On Windows the name of a variable may be written as one likes.
    if (meant !== undefined && env[meant] !== env[name]) return `there is no variable ${name}; did you mean ${meant}?`;
  }
  return null;
}

function isLike(name: string, known: string): boolean {
  const [short, long] = name.length < known.length ? [name, known] : [known, name];
  const isPart = short.length > PREFIX.length + 2 && long.startsWith(short);
  return name === known || isSlip(name, known) || (isPart && long.length - short.length <= MOST_LETTERS_MORE);
}
