import { posix } from 'node:path';

/** A fenced block of a page. */
export interface Block {
  /** `ts`, `sh`, `text`, `json`, or whatever else the page says. */
  readonly language: string;
  readonly text: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
  /** True when only blank lines stand between the block before and this one. */
  readonly follows: boolean;
  /** `npx dept ...` or a file, from an HTML comment `<!-- from: ... -->` right before the block. */
  readonly from: string | null;
}

export interface Link {
  readonly target: string;
  readonly line: number;
}

/** A page, as far as the tests care for it. */
export interface Page {
  /** Path below the root of the repository, with forward slashes. */
  readonly path: string;
  readonly blocks: readonly Block[];
  readonly links: readonly Link[];
  /** Anchors of the headings, as GitHub makes them. */
  readonly anchors: readonly string[];
  /** Lines of literal text that no fence encloses. */
  readonly indented: readonly number[];
}

const FENCE = /^ {0,3}(`{3,}|~{3,})\s*(.*?)\s*$/;
const FROM = /^<!-- from: (.+?) -->$/;
const LINK = /\[(?:[^\][]|\[[^\]]*\])*\]\(([^)\s]+)\)/g;
const REFERENCE = /^\[[^\]]+\]:\s*(\S+)/;

/** Reads the blocks, links and headings of a page. @throws Error for a fence that is never closed */
export function parsePage(path: string, source: string): Page {
  const blocks: Block[] = [];
  const links: Link[] = [];
  const anchors: string[] = [];
  const indented: number[] = [];
  const lines = source.split('\n');
  let lastText = 'start';
  let isAfterBlank = true;
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? '';
    const fence = FENCE.exec(line);
    if (fence !== null) {
      const end = closing(lines, i, fence[1] ?? '', path);
      const text = lines.slice(i + 1, end).join('\n');
      const from = FROM.exec(lastText)?.[1] ?? null;
      blocks.push({ language: fence[2] ?? '', text, line: i + 1, follows: lastText === 'fence', from });
      lastText = 'fence';
      i = end;
      continue;
    }
    if (isAfterBlank && /^(?: {4}|\t)/.test(line)) indented.push(i + 1);
    isAfterBlank = line.trim() === '';
    if (isAfterBlank) continue;
    lastText = line.trim();
    const heading = /^#{1,6}\s+(.+)$/.exec(line);
    if (heading !== null) anchors.push(anchorOf(heading[1] ?? ''));
    for (const target of targets(line)) links.push({ target, line: i + 1 });
  }
  return { path, blocks, links, anchors, indented };
}

function closing(lines: readonly string[], opening: number, fence: string, path: string): number {
  const end = lines.findIndex((line, i) => i > opening && line.trim().startsWith(fence) && line.trim() === fence);
  if (end < 0) throw new Error(`${path}:${opening + 1}: this fence is never closed`);
  return end;
}

function targets(line: string): readonly string[] {
  const text = line.replace(/`[^`]*`/g, (code) => 'x'.repeat(code.length));
  const reference = REFERENCE.exec(text)?.[1];
  return [...[...text.matchAll(LINK)].map((match) => match[1] ?? ''), ...(reference === undefined ? [] : [reference])];
}

function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
}

/** The file a relative link means, below the root, and its anchor; null for an address on the network. */
export function resolveLink(page: Page, target: string): { readonly path: string; readonly anchor: string } | null {
  if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return null;
  const [file = '', anchor = ''] = target.split('#');
  const path =
    file === '' ? page.path : posix.normalize(posix.join(posix.dirname(page.path), decodeURIComponent(file)));
  return { path: path.replace(/\/$/, ''), anchor };
}
