import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { main } from '../../cli/main.ts';
import { type Ended, FROM_SOURCE, ROOT, runDept, runNode } from '../e2e/child.ts';
import { type CommandLine, hasPlaceholder, ownFlags, parseCommandLine } from './command-line.ts';
import { normalised } from './expected-output.ts';

/** Reading a heap takes long on a busy machine. */
const TIMEOUT_MS = 90_000;

/** Where programs of the pages are written; inside the repository, so that they can import `dept` by its name. */
const TEMPORARY = join(ROOT, 'test', 'docs', '.tmp');
/** The file a page may write findings to and read them from. */
const FINDINGS = 'findings.ndjson';
const EXIT_CODE = /^\/\/ exit code (\d+)$/m;

/** What the blocks of one page share: a folder of their own. */
export class Workspace {
  readonly folder: string;
  readonly #texts = new Map<string, Promise<string>>();

  constructor(folder: string) {
    this.folder = folder;
  }

  static async create(): Promise<Workspace> {
    await mkdir(TEMPORARY, { recursive: true });
    return new Workspace(await mkdtemp(join(TEMPORARY, 'page-')));
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Runs a program of a page; its output, standard output first. @throws Error when it ends with another code */
  async runProgram(source: string): Promise<string> {
    const folder = await mkdtemp(join(this.folder, 'program-'));
    const file = join(folder, 'example.ts');
    await writeFile(file, source);
    const ended = await runNode([...FROM_SOURCE, file]);
    expectCode(ended, Number(EXIT_CODE.exec(source)?.[1] ?? 0), 'the program');
    return normalised(ended.stdout + ended.stderr, ROOT, folder);
  }

  /** Runs the lines of an `sh` block; null when all of them only show the form of a command. */
  async runCommands(text: string): Promise<string | null> {
    let output: string | null = null;
    for (const line of text.split('\n').filter((each) => each.trim() !== '')) {
      const command = parseCommandLine(line);
      if (hasPlaceholder(command)) await checkForm(command);
      else output = (output ?? '') + (await this.#run(command, line));
    }
    return output === null ? null : normalised(output, ROOT, this.folder);
  }

  /** What a block says it comes from: a command, or a file of the repository. Read once for all blocks of the page. */
  textFrom(source: string): Promise<string> {
    const known = this.#texts.get(source) ?? this.#read(source);
    this.#texts.set(source, known);
    return known;
  }

  async #read(source: string): Promise<string> {
    if (source.startsWith('npx ')) return (await this.runCommands(source)) ?? '';
    return normalised(await readFile(join(ROOT, source), 'utf8'), ROOT);
  }

  async #run({ env, words, exitCode }: CommandLine, line: string): Promise<string> {
    const [npx, program, ...rest] = words;
    const args = rest.map((word) => (word === FINDINGS ? join(this.folder, FINDINGS) : word));
    let ended: Ended;
    if (npx === 'npx' && program === 'dept') ended = await runDept(args, { env, timeoutMs: TIMEOUT_MS });
    else if (npx === 'npx' && program === 'tsx') ended = await runNode(['--import', 'tsx', ...args], { env });
    else throw new Error(`a page may run npx dept and npx tsx only: ${line}`);
    expectCode(ended, exitCode, line);
    return ended.stdout + ended.stderr;
  }
}

function expectCode({ code, stdout, stderr }: Ended, expected: number, what: string): void {
  if (code !== expected) throw new Error(`${what} ended with ${code}, not ${expected}:\n${stdout}${stderr}`);
}

/** What `dept ARGS --help` prints. */
async function help(args: readonly string[]): Promise<string> {
  let printed = '';
  const write = (text: string): void => {
    printed += text;
  };
  await main([...args, '--help'], { stdout: { write }, stderr: { write }, cwd: ROOT });
  return printed;
}

/** Commands and flags of a form must exist; `--help` is the authority. @throws Error naming what does not */
async function checkForm({ env, words }: CommandLine): Promise<void> {
  const [program, second, name = ''] = words;
  await checkVariables(Object.keys(env));
  if (program === 'npx' && second === 'dept') {
    if (!new RegExp(`^  ${name}\\b`, 'm').test(await help([]))) throw new Error(`no command dept ${name}`);
    const text = await help([name]);
    for (const flag of ownFlags(words.slice(3))) {
      if (!new RegExp(`(?:^|[\\s,])${flag}(?=[\\s,])`, 'm').test(text)) throw new Error(`dept ${name} has no ${flag}`);
    }
    return;
  }
  if (program === 'node' && second === '--import' && name === 'dept/register') return;
  throw new Error(`a page may show npx dept and node --import dept/register only: ${words.join(' ')}`);
}

/** @throws Error for a variable that no configuration reads */
async function checkVariables(names: readonly string[]): Promise<void> {
  const config = await readFile(join(ROOT, 'instrument', 'config.ts'), 'utf8');
  for (const name of names) if (!config.includes(`'${name}'`)) throw new Error(`nothing reads ${name}`);
}
