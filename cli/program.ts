import { existsSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { UsageError } from './usage-error.ts';

const SCRIPT = /^\.(?:[cm]?js|[cm]?ts|tsx|jsx)$/;
const TYPESCRIPT = /^\.(?:[cm]?ts|tsx)$/;

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly isTypeScript: boolean;
}

/**
 * What is run for the words after the options of `dept name`: a script by Node, anything else as it is.
 * @throws UsageError when there is nothing, or no such script
 */
export function programOf(name: string, positionals: readonly string[], cwd: string): Program {
  const [first, ...rest] = positionals;
  if (first === undefined || first === '')
    throw new UsageError(`${name} needs a program, for example: dept ${name} -- node app.js`);
  const isScript = SCRIPT.test(extname(first));
  const command = isScript || first === 'node' ? process.execPath : first;
  const args = isScript ? positionals : rest;
  const script = command === process.execPath ? args.find((arg) => !arg.startsWith('-')) : undefined;
  const usesScript = script !== undefined && args[0] === script;
  if (usesScript && SCRIPT.test(extname(script)) && !existsSync(resolve(cwd, script))) {
    throw new UsageError(`There is no program ${script}.`);
  }
  return { command, args, isTypeScript: usesScript && TYPESCRIPT.test(extname(script)) };
}

/** The preload of that name, and tsx where the program or dept itself runs from TypeScript source. */
export function nodeOptions(preload: 'register' | 'stall/preload', isTypeScript: boolean): string {
  const isSource = import.meta.url.endsWith('.ts');
  const options = [process.env['NODE_OPTIONS'] ?? ''];
  if (isSource) options.push('--conditions=dept:source');
  if (isTypeScript || isSource) options.push(`--import=${import.meta.resolve('tsx')}`);
  const file = new URL(`../instrument/${preload}.${isSource ? 'ts' : 'js'}`, import.meta.url).href;
  options.push(`--import=${isSource ? sourcePreload(file) : file}`);
  return options.filter((option) => option !== '').join(' ');
}

/** Workers do not read TypeScript on Node 20, and the preload does nothing there. */
function sourcePreload(file: string): string {
  const source = `import{isMainThread as m}from'node:worker_threads';if(m)await import('${file}')`;
  return `data:text/javascript,${encodeURIComponent(source)}`;
}
