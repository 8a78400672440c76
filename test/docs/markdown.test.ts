import { describe, expect, test } from 'vitest';
import { matches, normalised } from './expected-output.ts';
import { parsePage, resolveLink } from './markdown.ts';

describe('a page', () => {
  test('gives its blocks with language, place and what they follow', () => {
    const page = parsePage('docs/a.md', '# A\n\n```ts\none();\n```\n\n```text\n1\n```\n\nWords.\n\n```\nx\n```\n');
    expect(page.blocks.map(({ language, text, line, follows }) => [language, text, line, follows])).toEqual([
      ['ts', 'one();', 3, false],
      ['text', '1', 7, true],
      ['', 'x', 13, false],
    ]);
  });

  test('tells where a block comes from', () => {
    expect(parsePage('a.md', '<!-- from: test/golden/aa.txt -->\n```text\nx\n```\n').blocks[0]?.from).toBe(
      'test/golden/aa.txt',
    );
  });

  test('a fence that is never closed is an error with its place', () => {
    expect(() => parsePage('a.md', 'x\n```ts\n')).toThrow('a.md:2');
  });

  test('literal text without a fence is found, a continued list item is not', () => {
    expect(parsePage('a.md', 'x\n\n    code\n\n- item\n  goes on\n').indented).toEqual([3]);
  });

  test('links are found outside code only', () => {
    const page = parsePage('docs/a.md', '[b](b.md#c) `[no](x.md)` [`d`](../d.ts)\n\n```text\n[no](y.md)\n```\n');
    expect(page.links.map(({ target }) => target)).toEqual(['b.md#c', '../d.ts']);
    expect(resolveLink(page, 'b.md#c')).toEqual({ path: 'docs/b.md', anchor: 'c' });
    expect(resolveLink(page, '../d.ts')).toEqual({ path: 'd.ts', anchor: '' });
    expect(resolveLink(page, 'https://example.org')).toBeNull();
  });

  test('headings give anchors', () => {
    expect(parsePage('a.md', '## The `wait` rule, at last\n').anchors).toEqual(['the-wait-rule-at-last']);
  });
});

describe('expected output', () => {
  test.each([
    ['a\nb', 'a\nb', true],
    ['a\nb', 'a\nc', false],
    ['a', 'a\nb', false],
    ['a\n...', 'a', true],
    ['a\n...', 'a\nb\nc', true],
    ['a\n...\nd', 'a\nb\nc', false],
    ['...\nc\n...\nc', 'a\nc\nb\nc', true],
    ['...\nc\n...\nc', 'a\nb\nc', false],
  ])('%j against %j', (expected, actual, isMatch) => {
    expect(matches(expected, actual)).toBe(isMatch);
  });

  test('what differs between machines is replaced, nothing else', () => {
    const text =
      'dept 0.1.0 Node.js v20.1.2 linux x64\nPID: 71 Comm: node Node.js v20.1.2\nat /r/src/a.ts:1:2 0.5.0\n\n';
    expect(normalised(text, '/r')).toBe(
      'dept X Node.js vX platform\nPID: N Comm: node Node.js vX\nat ./src/a.ts:1:2 0.5.0',
    );
  });
});
