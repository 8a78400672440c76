import { expect, test } from 'vitest';
import { Workspace } from './run-block.ts';

const page = new Workspace('unused');

test.each([
  'npx dept run --rules linux -- node app.js',
  'npx dept explain CODE',
  'DEPT_RULES=linux node --import dept/register app.js',
])('a form that exists is fine: %s', async (line) => {
  expect(await page.runCommands(line)).toBeNull();
});

test.each([
  ['npx dept run --bogus -- node app.js', 'dept run has no --bogus'],
  ['npx dept bogus FILE', 'no command dept bogus'],
  ['DEPT_BOGUS=1 node --import dept/register app.js', 'nothing reads DEPT_BOGUS'],
  ['pnpm dept run app.js', 'a page may show'],
  ['rm -r dist', 'a page may run npx dept'],
])('what does not exist is found: %s', async (line, message) => {
  await expect(page.runCommands(line)).rejects.toThrow(message);
});
