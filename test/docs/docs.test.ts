import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '../e2e/child.ts';
import { matches, normalised } from './expected-output.ts';
import { type Block, type Page, parsePage, resolveLink } from './markdown.ts';
import { Workspace } from './run-block.ts';

const LANGUAGES = new Set(['ts', 'text', 'sh', 'json']);
/** The report that README opens with. */
const README_REPORT = 'npx dept run --no-fail -- node examples/app/orders.ts';
/** README begins with these two, and a fresh clone runs them as they are. */
const README_COMMANDS = ['npm ci && npm run demo', 'npm ci && npm test'];
const TIMEOUT_MS = 120_000;

const pages: readonly Page[] = ['README.md', ...markdownBelow('docs')].map((path) =>
  parsePage(path, readFileSync(join(ROOT, path), 'utf8')),
);

function markdownBelow(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => `${folder}/${path.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.md'))
    .sort();
}

function where(page: Page, { line }: { readonly line: number }): string {
  return `${page.path}:${line}`;
}

/** The output that a page promises for this block, or null. */
function promised(page: Page, block: Block): string | null {
  const next = page.blocks[page.blocks.indexOf(block) + 1];
  return next?.language === 'text' && next.follows ? normalised(next.text, ROOT) : null;
}

function expectOutput(expected: string, actual: string): void {
  // A plain comparison shows the difference; it is reached only when the pattern does not match.
  if (!matches(expected, actual)) expect(actual).toBe(expected);
}

const running = pages.filter(({ blocks }) => blocks.some(({ language }) => language !== 'json'));

describe.concurrent.each(running.map((page) => [page.path, page] as const))('%s', (_path, page) => {
  let workspace: Workspace;
  beforeAll(async () => {
    workspace = await Workspace.create();
  });
  afterAll(() => workspace.remove());

  const isReadme = page.path === 'README.md';
  const programs = page.blocks.filter(({ language }) => language === 'ts');
  const commands = page.blocks.filter(({ language }) => language === 'sh').slice(isReadme ? 2 : 0);
  const texts = page.blocks.filter(({ language, follows }) => language === 'text' && !follows);

  for (const block of programs) {
    test(`program at line ${block.line}`, { timeout: TIMEOUT_MS }, async () => {
      const output = await workspace.runProgram(block.text);
      expectOutput(promised(page, block) ?? '', output);
    });
  }

  // Commands of one page may build on each other.
  if (commands.length > 0) {
    test('commands', { timeout: TIMEOUT_MS }, async () => {
      for (const block of commands) {
        const output = await workspace.runCommands(block.text);
        const expected = promised(page, block);
        if (expected !== null) expectOutput(expected, output ?? '');
      }
    });
  }

  for (const block of texts) {
    test(`text at line ${block.line} is a part of what it comes from`, { timeout: TIMEOUT_MS }, async () => {
      const source = isReadme && block === texts[0] ? README_REPORT : block.from;
      if (source === null) throw new Error(`${where(page, block)}: put <!-- from: COMMAND or FILE --> before it`);
      expectOutput(`...\n${normalised(block.text, ROOT)}\n...`, await workspace.textFrom(source));
    });
  }
});

test('every block has a language that is checked', () => {
  const unknown = pages.flatMap((page) =>
    page.blocks.filter(({ language }) => !LANGUAGES.has(language)).map((block) => where(page, block)),
  );
  expect(unknown).toEqual([]);
});

test('every json block is JSON', () => {
  for (const page of pages) {
    for (const block of page.blocks.filter(({ language }) => language === 'json')) {
      expect(() => JSON.parse(block.text) as unknown, where(page, block)).not.toThrow();
    }
  }
});

test('a text block follows a program, a command or the place it comes from', () => {
  const stray = pages.flatMap((page) =>
    page.blocks
      .filter(
        (block, i) =>
          block.language === 'text' && block.follows && !['ts', 'sh'].includes(page.blocks[i - 1]?.language ?? ''),
      )
      .map((block) => where(page, block)),
  );
  expect(stray).toEqual([]);
});

test('literal text is fenced', () => {
  expect(pages.flatMap((page) => page.indented.map((line) => `${page.path}:${line}`))).toEqual([]);
});

test('README begins with the two commands of a fresh clone', () => {
  const readme = pages[0] as Page;
  const shell = readme.blocks.filter(({ language }) => language === 'sh').map(({ text }) => text);
  expect(shell.slice(0, 2)).toEqual(README_COMMANDS);
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object };
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining(['demo', 'test']));
});

test('every relative link leads to a file, and to a heading where it names one', () => {
  const broken: string[] = [];
  for (const page of pages) {
    for (const link of page.links) {
      const target = resolveLink(page, link.target);
      if (target === null) continue;
      const anchors = pages.find(({ path }) => path === target.path)?.anchors;
      const isThere = existsSync(join(ROOT, target.path)) && !target.path.startsWith('..');
      const hasAnchor = target.anchor === '' || anchors === undefined || anchors.includes(target.anchor);
      if (!isThere || !hasAnchor) broken.push(`${where(page, link)} -> ${link.target}`);
    }
  }
  expect(broken).toEqual([]);
});

test('every page is reached from docs/index.md', () => {
  const reached = new Set(['docs/index.md']);
  for (const path of reached) {
    const page = pages.find((candidate) => candidate.path === path);
    for (const link of page?.links ?? []) {
      const target = resolveLink(page as Page, link.target)?.path;
      if (target?.endsWith('.md') === true) reached.add(target);
    }
  }
  expect(pages.map(({ path }) => path).filter((path) => path !== 'README.md' && !reached.has(path))).toEqual([]);
});
