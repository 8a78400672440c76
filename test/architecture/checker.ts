// Decides over source text alone: no file system, so that tests can plant violations.

export interface SourceFile {
  /** Relative to the repository root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

export interface Import {
  /** Undefined for `import(expression)`, which no table can judge. */
  readonly specifier: string | undefined;
  readonly typeOnly: boolean;
  readonly line: number;
}

export interface Violation {
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

/** A row of the table. Of the rows that cover a file, the one with the longest `from` counts. */
export interface Row {
  /** A folder, or one file. */
  readonly from: string;
  /** Folders and files that may be imported. A row may always import its own `from`. */
  readonly to: readonly string[];
  /** Like `to`, but only by `import type` and `export type`. */
  readonly typesFrom?: readonly string[];
  readonly builtins: boolean;
  /**
   * npm packages: a list of names; `declared`: what package.json installs for users, and any other by type only;
   * `any`: the folder is not part of what is published, or decides itself what is present.
   */
  readonly packages: readonly string[] | 'declared' | 'any';
  /** False forbids relative imports but for those of `to`: only package names remain. */
  readonly relative?: false;
}

export interface Rules {
  readonly rows: readonly Row[];
  /** The name of this package: only rows with `relative: false` may import it. */
  readonly packageName: string;
  readonly declaredPackages: readonly string[];
  readonly maxLines: number;
}

const STATIC_IMPORT =
  /^[ \t]*(?:import|export)(?<type>\s+type(?=[\s{*])(?!\s*from\b)|)\b[^;'"`=]*?\bfrom\s*(?<quote>['"])(?<specifier>[^'"\n]+)\k<quote>/gm;
const BARE_IMPORT = /^[ \t]*import\s*(?<quote>['"])(?<specifier>[^'"\n]+)\k<quote>/gm;
const CALLED_IMPORT =
  /(?<!^[ \t]*(?:\/\/|\/?\*).*)(?<typeof>\btypeof\s+)?\b(?:import|require)\s*\(\s*(?:(?<quote>['"`])(?<specifier>[^'"`\n]+)\k<quote>)?[^)\n]*\)?(?<member>\s*\.\s*[A-Z])?/gm;

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

function lineOfMatch(text: string, match: RegExpMatchArray): number {
  const leading = /^\s*/.exec(match[0])?.[0].length ?? 0;
  return lineAt(text, (match.index ?? 0) + leading);
}

export function importsOf(text: string): Import[] {
  const found: Import[] = [];
  for (const match of text.matchAll(STATIC_IMPORT)) {
    found.push({
      specifier: match.groups?.['specifier'],
      typeOnly: match.groups?.['type'] !== '',
      line: lineOfMatch(text, match),
    });
  }
  for (const match of text.matchAll(BARE_IMPORT)) {
    found.push({ specifier: match.groups?.['specifier'], typeOnly: false, line: lineOfMatch(text, match) });
  }
  for (const match of text.matchAll(CALLED_IMPORT)) {
    const { specifier, member, typeof: typeOf } = match.groups ?? {};
    const computed = specifier === undefined || specifier.includes('${');
    found.push({
      specifier: computed ? undefined : specifier,
      typeOnly: typeOf !== undefined || member !== undefined,
      line: lineOfMatch(text, match),
    });
  }
  return found.sort((a, b) => a.line - b.line);
}

/** Where a relative specifier points, or undefined if it leaves the repository. */
export function resolveRelative(importer: string, specifier: string): string | undefined {
  const parts = importer.split('/').slice(0, -1);
  for (const part of specifier.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join('/');
}

function covers(folderOrFile: string, path: string): boolean {
  return path === folderOrFile || path.startsWith(`${folderOrFile}/`);
}

export function rowOf(rows: readonly Row[], path: string): Row | undefined {
  return rows
    .filter((row) => covers(row.from, path))
    .reduce<Row | undefined>((best, row) => (best && best.from.length >= row.from.length ? best : row), undefined);
}

function packageOf(specifier: string): string {
  const [first = '', second] = specifier.split('/');
  return first.startsWith('@') && second !== undefined ? `${first}/${second}` : first;
}

function judgeRelative(path: string, { specifier = '', typeOnly }: Import, row: Row): string | undefined {
  if (row.relative === false) {
    const target = resolveRelative(path, specifier);
    if (target !== undefined && row.to.some((allowed) => covers(allowed, target))) return undefined;
    return `${row.from} imports by package name only, not '${specifier}'`;
  }
  if (!/\.(ts|json)$/.test(specifier)) return `'${specifier}' must name its file, with the extension .ts`;
  const target = resolveRelative(path, specifier);
  if (target === undefined) return `'${specifier}' leaves the repository`;
  if ([row.from, ...row.to].some((allowed) => covers(allowed, target))) return undefined;
  if (row.typesFrom?.some((allowed) => covers(allowed, target))) {
    return typeOnly ? undefined : `${row.from} may import ${target} by \`import type\` only`;
  }
  return `${row.from} must not import ${target}`;
}

function judgePackage({ specifier = '', typeOnly }: Import, row: Row, rules: Rules): string | undefined {
  const name = packageOf(specifier);
  if (name === rules.packageName || name.startsWith('#')) {
    return row.relative === false ? undefined : `${row.from} must not import its own package '${specifier}'`;
  }
  if (row.packages === 'any') return undefined;
  if (row.packages === 'declared') {
    if (typeOnly || rules.declaredPackages.includes(name)) return undefined;
    return `'${name}' is not installed with this package: only \`import type\` may name it`;
  }
  return row.packages.includes(name) ? undefined : `${row.from} must not import the package '${name}'`;
}

function judgeImport(path: string, found: Import, row: Row, rules: Rules): string | undefined {
  const { specifier } = found;
  if (specifier === undefined) {
    return row.packages === 'declared' || row.packages === 'any'
      ? undefined
      : `${row.from} must not import what only run time knows`;
  }
  if (/^\.{0,2}\//.test(specifier) || /^\.{1,2}$/.test(specifier)) return judgeRelative(path, found, row);
  if (specifier.startsWith('node:')) {
    return row.builtins ? undefined : `${row.from} must not import '${specifier}'`;
  }
  return judgePackage(found, row, rules);
}

export function checkImports(file: SourceFile, rules: Rules): Violation[] {
  const row = rowOf(rules.rows, file.path);
  if (row === undefined) return [{ path: file.path, line: 1, message: 'no row of the table covers this file' }];
  return importsOf(file.text).flatMap((found) => {
    const message = judgeImport(file.path, found, row, rules);
    return message === undefined ? [] : [{ path: file.path, line: found.line, message }];
  });
}

const KEBAB_FILE = /^[a-z0-9]+(-[a-z0-9]+)*(\.(d|test|bench|test-d))?\.ts$/;
const KEBAB_FOLDER = /^[a-z0-9]+(-[a-z0-9]+)*$/;
const VAGUE = /^(utils?|helpers?|misc)(\.|$)/;

export function checkName({ path }: SourceFile): Violation[] {
  const parts = path.split('/');
  const file = parts.pop() ?? '';
  const messages: string[] = [];
  if (!KEBAB_FILE.test(file)) messages.push(`the file name '${file}' is not kebab-case`);
  for (const folder of parts.filter((part) => !KEBAB_FOLDER.test(part))) {
    messages.push(`the folder name '${folder}' is not kebab-case`);
  }
  for (const part of [...parts, file].filter((name) => VAGUE.test(name))) {
    messages.push(`'${part}' says nothing: name the file after what it holds`);
  }
  return messages.map((message) => ({ path, line: 1, message }));
}

export function checkSize({ path, text }: SourceFile, maxLines: number): Violation[] {
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  return lines <= maxLines ? [] : [{ path, line: maxLines + 1, message: `${lines} lines, at most ${maxLines}` }];
}

const FORBIDDEN_SYNTAX: readonly (readonly [pattern: RegExp, message: string])[] = [
  [/^[ \t]*export\s+default\b/gm, 'default export: name it'],
  [/^[ \t]*export\s*\{[^}]*\bas\s+default\b[^}]*\}/gm, 'default export: name it'],
  [/^[ \t]*(?:export\s+)?(?:declare\s+)?(?:const\s+)?enum\s+\w+\s*\{/gm, 'enum: use an `as const` object or a union'],
];

export function checkSyntax({ path, text }: SourceFile): Violation[] {
  return FORBIDDEN_SYNTAX.flatMap(([pattern, message]) =>
    [...text.matchAll(pattern)].map((match) => ({ path, line: lineOfMatch(text, match), message })),
  );
}

export function checkFile(file: SourceFile, rules: Rules): Violation[] {
  return [...checkImports(file, rules), ...checkName(file), ...checkSize(file, rules.maxLines), ...checkSyntax(file)];
}
