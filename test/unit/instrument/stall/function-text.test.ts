import { expect, test } from 'vitest';
import { functionText, namesIn } from '../../../../instrument/heap/function-text.ts';

test.each([
  ['run((value) => use(value, 1), failed);', '(value) => use(value, 1)'],
  ['function go(a, b) { return { a, b }; } later();', '(a, b) { return { a, b }; }'],
  ['const go = ({ a }) => ({ a }), other = 1;', '({ a }) => ({ a })'],
  ["each((name) => log(name + '},)'));", "(name) => log(name + '},)')"],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of a function
  ['each((name) => `(${name}`, last);', '(name) => `(${name}`'],
  ['each((name) => /* ), */ name, last);', '(name) => /* ), */ name'],
  ['each(() => {\n  // an end: }\n  go();\n});', '() => {\n  // an end: }\n  go();\n}'],
])('%s is read to the end of the function', (source, text) => {
  const begin = source.indexOf(text);
  expect(functionText(source, begin)).toBe(text);
});

test('names are told from parts of names', () => {
  expect([...namesIn('($done, x1) => all.done(x1)')]).toEqual(['$done', 'x1', 'all', 'done']);
});
