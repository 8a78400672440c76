import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { FROM_SOURCE, ROOT, runNode } from '../../../e2e/child.ts';

/** A busy machine may take long for it. */
const CHILD_TIMEOUT_MS = 120_000;
const FOLDER = `${ROOT}/test/unit/instrument/stall/abandoned`;

/** What `abandoned/look.ts` prints: the programs in which somebody waits, and those in which he does so in vain. */
interface Seen {
  readonly standing: readonly string[];
  readonly abandoned: readonly string[];
}

let seen: Seen = { standing: [], abandoned: [] };
let losing: readonly string[] = [];
let keeping: readonly string[] = [];

beforeAll(async () => {
  const files = ['lose.mjs', 'keep.mjs'];
  const args = [...FROM_SOURCE, `${FOLDER}/look.ts`, pathToFileURL(FOLDER).href, ...files];
  const { stdout, stderr } = await runNode(args, { timeoutMs: CHILD_TIMEOUT_MS });
  expect(stderr).toBe('');
  seen = JSON.parse(stdout) as Seen;
  [losing = [], keeping = []] = await Promise.all(files.map(async (file) => namesIn(`${FOLDER}/${file}`)));
}, CHILD_TIMEOUT_MS);

async function namesIn(file: string): Promise<readonly string[]> {
  return [...(await readFile(file, 'utf8')).matchAll(/^export async function (\w+)/gm)].map(
    ([, name]) => name as string,
  );
}

test('somebody waits in each of the programs', () => {
  expect([...new Set(seen.standing)].sort()).toEqual([...losing, ...keeping].sort());
});

test('what nobody can give back any more is abandoned, and nothing else', () => {
  expect([...new Set(seen.abandoned)].sort()).toEqual([...losing].sort());
});
