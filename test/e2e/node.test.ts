import { describe, expect, test } from 'vitest';
import { FROM_SOURCE, runNode } from './child.ts';
import { FindingsFile } from './findings-file.ts';

const PROGRAMS = 'test/corpus/programs';
const TIMEOUT_MS = 60_000;

/** Ends a program that hangs with its handles open, as soon as something is found. */
const ENDS_WHEN_FOUND = 'test/e2e/programs/ends-when-found.mjs';

/** What is found in a program, in the order in which it is. */
async function findingsOf(program: string): Promise<readonly string[]> {
  const preload = [...FROM_SOURCE, '--import', `./${ENDS_WHEN_FOUND}`, '--import', 'dept/register'];
  const { stdout } = await runNode([...preload, `${PROGRAMS}/${program}.mjs`], {
    env: { DEPT_PRINT: '0' },
    onStdout: (text, kill) => {
      if (text.includes('Atomics.wait')) kill('SIGKILL');
    },
  });
  return stdout.split('\n').filter((line) => /^DEPT\d/.test(line));
}

describe.concurrent('what of Node itself can hang a program', { timeout: TIMEOUT_MS }, () => {
  test.each([
    [
      'events-once-missed',
      'DEPT004 main waits for listening of Server, which had happened before the wait began: server.listening is true, and that comes only once.',
    ],
    [
      'stream-tee-backpressure',
      'DEPT003 A reader of PassThrough waits for ever: its source, Readable, has stopped, because another PassThrough that it is piped into is full and nobody reads that one.',
    ],
    [
      'busboy-undrained',
      'DEPT003 The close of Multipart is waited for, but it cannot come before the FileStream it feeds is read: that is full, and nobody reads it.',
    ],
    [
      'worker-atomics-main',
      expect.stringMatching(
        /^DEPT003 main blocks its thread in Atomics\.wait, and no other thread computes: worker \d+, whose messages/,
      ),
    ],
    [
      'undici-body-unread',
      'DEPT003 GET /fallback waits for a connection that GET /missing keeps until its answer is read: nobody reads that, and no other connection is allowed.',
    ],
    [
      'http-agent-self-call',
      'DEPT002 Server.<anonymous> waits for ever: it asks for sockets of Agent again while it holds it.',
    ],
    [
      'fastify-close-in-handler',
      expect.stringMatching(
        /^DEPT002 .* waits for ever: it waits for the close of the server whose request it has not answered\.$/,
      ),
    ],
    [
      'child-stdout-undrained',
      expect.stringMatching(
        /^DEPT003 The exit of node \(pid \d+\) is waited for, but it cannot end before its stdout is read: that is full, and nobody reads it\.$/,
      ),
    ],
  ] as const)('%s', async (program, expected) => {
    expect(await findingsOf(program)).toEqual([expected]);
  });

  test.each([
    ['another process', 'caller', '42 true\n'],
    ['a child process, native code or a worker', 'helpers', 'helped\n'],
    ['a socket with a path, a file or a worker that waits', 'silent', 'answered\n'],
    ['a worker, for which the thread blocks,', 'blocked', 'works\nworks\n'],
  ])('what %s answers after a while lets go on who is stuck until then', async (_who, part, expected) => {
    const preload = [...FROM_SOURCE, '--import', 'dept/register'];
    const { stdout, stderr } = await runNode([...preload, 'test/e2e/programs/outside-answers.mjs', part]);
    expect(stderr).toBe('');
    expect(stdout).toBe(expected);
  });

  test.each(
    ['events-once-missed', 'stream-tee-backpressure', 'busboy-undrained', 'child-stdout-undrained'].flatMap(
      (program) => [[`${program}.lucky`], [`${program}.fixed`]],
    ),
  )('%s is left alone', async (program) => {
    expect(await findingsOf(program)).toEqual([]);
  });

  test('undici-body-unread tells where its requests are made, through all of undici', async () => {
    using file = new FindingsFile();
    const preload = [...FROM_SOURCE, '--import', `./${ENDS_WHEN_FOUND}`, '--import', 'dept/register'];
    await runNode([...preload, `${PROGRAMS}/undici-body-unread.mjs`], {
      env: { DEPT_PRINT: '0', DEPT_REPORT: file.path },
    });
    const [waiting, unread] = file.read()[0]?.openWaits ?? [];
    const places = [waiting, waiting?.owners[0], unread].map((one) => one?.stack?.[0]?.file);
    expect(places).toEqual(Array(3).fill(`${PROGRAMS}/undici-body-unread.mjs`));
  });

  test('esm-tla-cycle names the modules', async () => {
    expect(await findingsOf('esm-tla-cycle')).toContain(
      'DEPT003 Module test/corpus/programs/esm-tla-cycle.mjs awaits import() of test/corpus/programs/esm-tla-cycle-files/plugin.mjs, which imports test/corpus/programs/esm-tla-cycle.mjs: none of them can go on.',
    );
  });
});
