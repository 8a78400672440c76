import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect } from 'vitest';
import { FROM_SOURCE, ROOT, runNode } from '../../../e2e/child.ts';
import { installDept } from '../../../e2e/installed-dept.ts';

/** A busy machine may take long for a look at a heap. */
export const CHILD_TIMEOUT_MS = 120_000;

/** The folder of these programs, and of the `look.ts` that starts them and prints what their heap tells. */
export function folderOf(programs: string): string {
  return `test/unit/instrument/stall/${programs}`;
}

/** What the `look.ts` of these programs prints, with dept from source and as it is published: a bundle calls things otherwise. */
export function formsOf<Seen>(
  programs: string,
  files: readonly string[] = [],
): readonly (readonly [form: string, () => Promise<Seen>])[] {
  const own = folderOf(programs);
  const folder = mkdtempSync(join(tmpdir(), `dept-${programs}-`));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const look = async (args: readonly string[], where: string): Promise<Seen> => {
    const all = [...args, pathToFileURL(where).href, ...files];
    const { stdout, stderr } = await runNode(all, { timeoutMs: CHILD_TIMEOUT_MS });
    expect(stderr).toBe('');
    return JSON.parse(stdout) as Seen;
  };
  return [
    ['from source', () => look([...FROM_SOURCE, `${ROOT}/${own}/look.ts`], `${ROOT}/${own}`)],
    [
      'as it is published',
      async () => {
        await installDept(join(folder, 'dept'), [`${own}/look.ts`]);
        symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'junction');
        cpSync(join(ROOT, own), join(folder, programs), { recursive: true });
        // The programs share what stands.
        cpSync(join(ROOT, folderOf('holders')), join(folder, 'holders'), { recursive: true });
        return look([join(folder, 'dept/dist', own, 'look.js')], join(folder, programs));
      },
    ],
  ];
}
