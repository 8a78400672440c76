import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { ROOT, runNode } from '../../../e2e/child.ts';
import { CHILD_TIMEOUT_MS, folderOf, formsOf } from './forms.ts';

const QUEUED = folderOf('queued');

/** What `queued/look.ts` prints. */
interface Seen {
  readonly asked: readonly string[];
  readonly kept: readonly string[];
  readonly told: readonly string[];
}

/** The programs of a file of `queued/`. */
async function programsOf(file: string): Promise<readonly string[]> {
  const script = `console.log(JSON.stringify(Object.keys(await import(${JSON.stringify(pathToFileURL(`${ROOT}/${QUEUED}/${file}`).href)}))));process.exit()`;
  const { stdout } = await runNode(['--input-type=module', '-e', script], { timeoutMs: CHILD_TIMEOUT_MS });
  return JSON.parse(stdout) as readonly string[];
}

describe.each(formsOf<Seen>('queued'))('who waits for his own queue with a callback, in dept %s', (_form, lookAtIt) => {
  let seen: Seen = { asked: [], kept: [], told: [] };
  let standing: readonly string[] = [];
  let going: readonly string[] = [];
  beforeAll(async () => {
    [seen, standing, going] = await Promise.all([lookAtIt(), programsOf('stand.mjs'), programsOf('go-on.mjs')]);
  }, CHILD_TIMEOUT_MS);

  test('is suspected in every program, whether it goes on or not', () => {
    expect(seen.asked).toEqual([...new Set([...standing, ...going])].sort());
  });

  test('stands where nothing but his callback has what ends his task, and goes on wherever anything else has it', () => {
    expect(seen.kept).toEqual([...standing].sort());
  });

  test('is told once for each circle', () => {
    const alone = ['api', 'books', 'cards', 'cargo', 'faxes', 'films', 'mails', 'maps', 'orders', 'pages'];
    const circles = seen.told.map((told) => told.split(' ').sort().join(' '));
    expect(circles.sort()).toEqual([
      ...alone.map((name) => `DEPT002 ${name}`),
      'DEPT002 reads writes',
      'DEPT002 songs',
    ]);
  });
});
