import { readFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';

const KINDS = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'] as const;

/** The fields of a package.json, of any type. */
type Fields = Readonly<Partial<Record<(typeof KINDS)[number], unknown>>>;

/**
 * The packages that a project asks for itself. The others come with these, and nobody who works on the project has chosen their
 * versions.
 */
export class ProjectPackages {
  readonly #names = new Set<string>();
  #isKnown = false;

  /** What the package.json files of these folders, and of the folders above them, name. Those of installed packages do not count. */
  constructor(folders: readonly string[]) {
    const all = folders.filter((folder) => !`${folder}${sep}`.includes(`${sep}node_modules${sep}`)).flatMap(withAbove);
    for (const folder of new Set(all)) this.#read(join(folder, 'package.json'));
  }

  /** True for one that is named, and for any where there is no package.json. */
  mayAskFor(name: string): boolean {
    return !this.#isKnown || this.#names.has(name);
  }

  #read(path: string): void {
    try {
      const fields = JSON.parse(readFileSync(path, 'utf8')) as Fields;
      this.#isKnown = true;
      for (const kind of KINDS) for (const name of Object.keys(fields[kind] ?? {})) this.#names.add(name);
    } catch {
      // None there, or none that can be read.
    }
  }
}

/** The folder in which a program was started, and that of its first file. */
export function foldersOfProgram(): readonly string[] {
  const { argv } = process;
  try {
    return argv[1] === undefined ? [process.cwd()] : [process.cwd(), dirname(argv[1])];
  } catch {
    // The folder was removed.
    return [];
  }
}

function withAbove(folder: string): string[] {
  const above = dirname(folder);
  return above === folder ? [folder] : [folder, ...withAbove(above)];
}
