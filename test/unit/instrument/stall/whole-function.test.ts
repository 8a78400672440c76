import { expect, test } from 'vitest';
import { functionText } from '../../../../instrument/heap/function-text.ts';
import { isWhole } from '../../../../instrument/heap/whole-function.ts';

const read = (source: string, begin: string): string => functionText(source, source.indexOf(begin));

test.each([
  ['run((value) => use(value, 1), done);', '(value)'],
  ['run(value => value + 1);', 'value =>'],
  ['run(async (value) => (await value).done());', '(value)'],
  ['async function run(value) { for await (const each of value) done(each); }', '(value)'],
  ['function* run(value) { yield value; }', '(value)'],
  ['async function* run(value) { yield await value; }', '(value)'],
  ['class Run { end(value) { this.#done(super.end(value), import.meta.url); } }', '(value)'],
  ['class Run extends Base { constructor(value) { super(value); } }', '(value)'],
  ['function run(value) { const await_ = value, yield_ = 1; return /^[a-z]+$/.test(await_ + yield_); }', '(value)'],
])('%s is read to its end', (source, begin) => {
  expect(isWhole(read(source, begin))).toBe(true);
});

test.each([
  ['run((value) => { value.split(/}/); done(); });', '(value)'],
  ['run((value) => { if (value) { value.split(/}/) } done(); });', '(value)'],
  ['run((value) => value.split(/\\)/, done));', '(value)'],
  ['run((value) => /,/.test(value) || done());', '(value)'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of a function
  ['run((value) => `a ${value ? `x, y` : done()}`);', '(value)'],
])('of %s it is known that it is cut off', (source, begin) => {
  expect(read(source, begin)).not.toContain('done');
  expect(isWhole(read(source, begin))).toBe(false);
});
