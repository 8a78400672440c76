import { expect, test } from 'vitest';
import { hasPlaceholder, ownFlags, parseCommandLine } from './command-line.ts';

test('words, quotes, variables and the promised exit code', () => {
  expect(parseCommandLine(`DEPT_RULES=linux npx dept run -- node -e 'a b'  # exit code 3`)).toEqual({
    env: { DEPT_RULES: 'linux' },
    words: ['npx', 'dept', 'run', '--', 'node', '-e', 'a b'],
    exitCode: 3,
  });
});

test('what would need a shell is refused', () => {
  expect(() => parseCommandLine('npx dept show a | less')).toThrow('plain words');
});

test.each([
  ['npx dept run -- node app.js', true],
  ['npx dept explain CODE', true],
  ['npx dept scenario FILE...', true],
  ['npx dept explain DEPT001', false],
])('%s', (line, isForm) => {
  expect(hasPlaceholder(parseCommandLine(line))).toBe(isForm);
});

test('flags after -- belong to the program', () => {
  expect(ownFlags(['--rules', 'linux', '--', 'node', '--test'])).toEqual(['--rules']);
});
