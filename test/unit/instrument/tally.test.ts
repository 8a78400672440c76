import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tallyTo } from '../../../instrument/tally.ts';
import { NEVER } from '../../../src/core/ids.ts';
import { unknownLibraryFinding } from '../../../src/tracker/notices.ts';

const finding = { ...unknownLibraryFinding('a', '1.0.0', '2', 'dept', NEVER), severity: 'error' } as const;

test('a line for each finding; a file that cannot be written is told of once, a folder that is gone never', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dept-tally-'));
  const told: string[] = [];
  const write = (path: string) => {
    const tally = tallyTo(path, false, (message) => told.push(message));
    tally(finding);
    tally(finding);
  };
  try {
    write(join(folder, 'findings'));
    expect(readFileSync(join(folder, 'findings'), 'utf8').split('\n')).toHaveLength(3);
    write(join(folder, 'gone', 'findings'));
    expect(told).toEqual([]);
    write(folder);
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(/^dept: dept run will not know of all findings: EISDIR.*\.\n$/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
