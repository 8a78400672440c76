import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Ended, runNode } from './child.ts';
import { Project } from './project.ts';

const TIMEOUT_MS = 240_000;
const CHILD_TIMEOUT_MS = 60_000;

/** A package whose workers sleep until there is work. */
const WORKERS = `
const jobs = [];
let wake;
async function work(handle) {
  for (;;) {
    while (jobs.length > 0) {
      const { job, done } = jobs.shift();
      done(await handle(job));
    }
    await new Promise((resolve) => { wake = resolve; });
  }
}
export function start(handle) {
  void work(handle);
  return (job) => new Promise((done) => {
    jobs.push({ job, done });
    wake?.();
  });
}
`;

let project: Project;
beforeAll(async () => {
  const names = [
    'heap-reads',
    'closed-circle',
    'idle-workers',
    'others-workers',
    'won-races',
    'unread-body',
    'left-callbacks',
    'asleep',
  ];
  project = await Project.create(names.map((name) => `${name}.mjs`));
  project.write('node_modules/others-workers/package.json', JSON.stringify({ main: 'index.mjs', type: 'module' }));
  project.write('node_modules/others-workers/index.mjs', WORKERS);
}, CHILD_TIMEOUT_MS);
afterAll(() => project[Symbol.dispose]());

function run(program: string): Promise<Ended> {
  return runNode(['--import', './src/heap-reads.mjs', '--import', 'dept/register', `src/${program}.mjs`], {
    cwd: project.folder,
    timeoutMs: CHILD_TIMEOUT_MS,
    env: { DEPT_STALL_BUDGET_MS: '40000', DEPT_PRINT: '0' },
  });
}

describe('what a program that ends with promises open pays', { timeout: TIMEOUT_MS }, () => {
  test('a circle is looked up in the heap, with its places', async () => {
    expect(await run('closed-circle')).toMatchObject({ code: 0, stderr: 'heap\nplaces\n' });
  });

  test('no place is looked up where nothing waits in a circle', async () => {
    expect(await run('idle-workers')).toMatchObject({ code: 0, stdout: 'ended well\n', stderr: 'heap\n' });
  });

  test('the heap is not read for the time limits that node:test leaves behind', async () => {
    const { code, stdout, stderr } = await run('won-races');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('pass 4');
  });

  test('nor for the body of an answer that nobody reads', async () => {
    expect(await run('unread-body')).toMatchObject({ code: 0, stdout: 'status 200\n', stderr: '' });
  });

  test('nor for what only packages await', async () => {
    expect(await run('others-workers')).toMatchObject({ code: 0, stdout: 'invoice done\n', stderr: '' });
  });

  test('nor just before somebody wakes up who sleeps', async () => {
    expect(await run('asleep')).toMatchObject({ code: 0, stdout: 'shipped stapler\n', stderr: '' });
  });

  test('nor for what has only callbacks', async () => {
    expect(await run('left-callbacks')).toMatchObject({ code: 0, stdout: 'all\n', stderr: '' });
  });
});
