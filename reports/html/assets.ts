import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Markup } from './markup.ts';

/** A text of ours that becomes a part of the page, with the source expression that lets it run there. */
export interface Asset {
  readonly content: Markup;
  /** For a Content-Security-Policy: `'sha256-...'`. */
  readonly hash: string;
}

/** What every page is made with. */
export interface PageAssets {
  readonly style: Asset;
  readonly script: Asset;
}

/** The modules of the script, each after those it imports. */
const MODULES = [
  'page-data',
  'neighbourhood',
  'canvas',
  'class-details',
  'drawing',
  'graph-controls',
  'search',
  'page',
] as const;

let known: PageAssets | null = null;

/** The style sheet and the script of the page, which stand beside this module. Read once. */
export function pageAssets(): PageAssets {
  known ??= {
    style: asset(withoutIndent(read('page.css'))),
    script: asset(MODULES.map((name) => bundled(read(`client/${name}.mjs`))).join('')),
  };
  return known;
}

/**
 * A module as a part of one script: a page that is one file has nothing to import from. Leaves out comments and space
 * outside of strings. It holds for our own modules, which name nothing twice, have no string of several lines and no
 * template in a template; the tests of the page run what comes out.
 */
function bundled(text: string): string {
  const code = text
    .replace(/\/\*\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '')
    .replace(/^import\b[^;]*;$/gm, '')
    .replace(/^export /gm, '');
  return withoutIndent(code).replace(
    /('[^'\n]*'|`[^`]*`)|\s*([-=<>?:&|!%/+*,;{([])\s*|\s*([\])}]) */g,
    (_, literal?: string, mark?: string, end?: string) => literal ?? mark ?? end ?? '',
  );
}

function withoutIndent(text: string): string {
  return text.replace(/^\s+/gm, '');
}

function read(name: string): string {
  // A browser normalises line ends before it hashes.
  return readFileSync(new URL(`../html/${name}`, import.meta.url), 'utf8').replaceAll('\r\n', '\n');
}

function asset(text: string): Asset {
  return {
    content: Markup.trusted(text),
    hash: `'sha256-${createHash('sha256').update(text).digest('base64')}'`,
  };
}
