import { expect, test } from 'vitest';
import { FROM_SOURCE, runNode } from '../../e2e/child.ts';

const COUNTED = import.meta.resolve('../../../instrument/process/counted-code.ts');

// A process of its own: to stop counting would stop it for the coverage of this one too.
const PROGRAM = `
import { Session } from 'node:inspector/promises';
import { isCodeCounted } from ${JSON.stringify(COUNTED)};

const session = new Session();
session.connect();
await session.post('Profiler.enable');
const seen = [isCodeCounted()];
for (const detailed of [true, false]) {
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed });
  seen.push(isCodeCounted());
  await session.post('Profiler.stopPreciseCoverage');
  seen.push(isCodeCounted());
}
console.log(seen.join());
`;

test('code is counted from when somebody asks for it until he asks no more', async () => {
  const { stdout, stderr } = await runNode([...FROM_SOURCE, '--input-type=module', '--eval', PROGRAM]);
  expect([stdout, stderr]).toEqual(['false,true,false,true,false\n', '']);
});
