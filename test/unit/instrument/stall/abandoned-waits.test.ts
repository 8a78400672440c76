import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '../../../e2e/child.ts';
import { CHILD_TIMEOUT_MS, folderOf, formsOf } from './forms.ts';

const FILES = ['lose.mjs', 'keep.mjs'] as const;

/** What `abandoned/look.ts` prints: the programs in which somebody waits, and those in which he does so in vain. */
interface Seen {
  readonly standing: readonly string[];
  readonly abandoned: readonly string[];
}

async function namesIn(file: string): Promise<readonly string[]> {
  const text = await readFile(`${ROOT}/${folderOf('abandoned')}/${file}`, 'utf8');
  return [...text.matchAll(/^export async function (\w+)/gm)].map(([, name]) => name as string);
}

describe.each(formsOf<Seen>('abandoned', FILES))('what was never given back, in dept %s', (_form, lookAtIt) => {
  let seen: Seen = { standing: [], abandoned: [] };
  let losing: readonly string[] = [];
  let keeping: readonly string[] = [];
  beforeAll(async () => {
    [seen, losing, keeping] = await Promise.all([lookAtIt(), namesIn(FILES[0]), namesIn(FILES[1])]);
  }, CHILD_TIMEOUT_MS);

  test('somebody waits in each of the programs', () => {
    expect([...new Set(seen.standing)].sort()).toEqual([...losing, ...keeping].sort());
  });

  test('what nobody can give back any more is abandoned, and nothing else', () => {
    expect([...new Set(seen.abandoned)].sort()).toEqual([...losing].sort());
  });
});
