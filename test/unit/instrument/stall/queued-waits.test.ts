import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FROM_SOURCE, ROOT, runNode } from '../../../e2e/child.ts';
import { installDept } from '../../../e2e/installed-dept.ts';

/** A busy machine may take long for it. */
const CHILD_TIMEOUT_MS = 60_000;
const QUEUED = 'test/unit/instrument/stall/queued';

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

const folder = mkdtempSync(join(tmpdir(), 'dept-queued-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function look(args: readonly string[], programs: string): Promise<Seen> {
  const { stdout, stderr } = await runNode([...args, pathToFileURL(programs).href], { timeoutMs: CHILD_TIMEOUT_MS });
  expect(stderr).toBe('');
  return JSON.parse(stdout) as Seen;
}

const FORMS: readonly (readonly [form: string, () => Promise<Seen>])[] = [
  ['from source', () => look([...FROM_SOURCE, `${ROOT}/${QUEUED}/look.ts`], `${ROOT}/${QUEUED}`)],
  [
    'as it is published',
    async () => {
      await installDept(join(folder, 'dept'), [`${QUEUED}/look.ts`]);
      symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'junction');
      cpSync(join(ROOT, QUEUED), join(folder, 'queued'), { recursive: true });
      return look([join(folder, 'dept/dist', QUEUED, 'look.js')], join(folder, 'queued'));
    },
  ],
];

describe.each(FORMS)('who waits for his own queue with a callback, in dept %s', (_form, lookAtIt) => {
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
    const alone = ['api', 'books', 'cards', 'cargo', 'faxes', 'films', 'mails', 'orders', 'pages'];
    const circles = seen.told.map((told) => told.split(' ').sort().join(' '));
    expect(circles.sort()).toEqual([
      ...alone.map((name) => `DEPT002 ${name}`),
      'DEPT002 reads writes',
      'DEPT002 songs',
    ]);
  });
});
