import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ChildOptions, runDept, runNode } from './child.ts';
import { FindingsFile } from './findings-file.ts';
import { Project } from './project.ts';

const PROGRAMS = 'test/e2e/programs';
/** Of a test: its children wait for their turn. */
const TIMEOUT_MS = 240_000;
const CHILD_TIMEOUT_MS = 60_000;
/** A busy machine must not take the places from the report; and what the heap tells of locks is that of those that nobody knows. */
const ENV = { DEPT_STALL_BUDGET_MS: '40000', DEPT_OWN_LOCKS: '0' };

let project: Project;
beforeAll(async () => {
  const names = [
    'memo-cycle',
    'closed-circle',
    'own-mutex',
    'left-in-a-lock',
    'own-limiter',
    'lines-left',
    'closed-chain',
    'lost-reply',
    'idle-workers',
    'idle-at-end',
    'own-lock-forms',
    'shared-lock',
    'held-forever',
    'flush-aside',
    'held-in-a-worker',
    'unread-answers',
    'server-abba',
    'standing-request',
    'standing-locks',
    'idle-circle',
    'spent-places',
    'own-builtins',
    'thirteen-failures',
    'unfinished',
    'unsettleable',
    'waits-on-purpose',
  ];
  project = await Project.create(names.map((name) => `${name}.mjs`));
}, CHILD_TIMEOUT_MS);
afterAll(() => project[Symbol.dispose]());

/** The program itself, with the published form of dept: a signal reaches it directly, and its heap is its own. */
function runPreloaded(args: readonly string[], options: ChildOptions = {}) {
  const env = { ...ENV, ...options.env };
  const own = { cwd: project.folder, timeoutMs: CHILD_TIMEOUT_MS };
  return runNode(['--import', 'dept/register', ...args], { ...own, ...options, env });
}

async function findingsOf(program: string, env: Record<string, string> = {}) {
  using findings = new FindingsFile();
  const ended = await runPreloaded([`src/${program}.mjs`], { env: { DEPT_REPORT: findings.path, ...env } });
  return { ...ended, lines: findings.read() };
}

describe.concurrent('a program that has nothing left to run', { timeout: TIMEOUT_MS }, () => {
  test.each([
    ['main', ['main'], 'The program has nothing left to run while an async function has not ended: main.'],
    ['at-once', [expect.stringMatching(/^<anonymous> at /)], expect.stringMatching(/has not ended: <anonymous> at /)],
    ['called', ['migrate'], 'migrate waits for a promise that nobody can settle any more.'],
    ['value', ['job'], 'job waits for a promise that nobody can settle any more.'],
  ])('is told, with exit code 0, what has not come to its end: %s', async (form, names, message) => {
    using findings = new FindingsFile();
    const ended = await runPreloaded(['src/unfinished.mjs', form], { env: { DEPT_REPORT: findings.path } });
    expect(ended).toMatchObject({ code: 0, stdout: 'stands\n' });
    const told = findings.read();
    expect(told.map((each) => [each.code, each.severity, each.message])).toEqual([['DEPT003', 'warning', message]]);
    expect(told[0]?.suspended.map(({ name }) => name)).toEqual(names);
  });

  test.each(['healthy', 'thousands'])('is told nothing of who waits for what need not come: %s', async (form) => {
    using findings = new FindingsFile();
    const ended = await runPreloaded(['src/unfinished.mjs', form], { env: { DEPT_REPORT: findings.path } });
    expect(ended).toMatchObject({ code: 0, stdout: 'stands\n' });
    expect(findings.read()).toEqual([]);
  });

  test('may end with the exit code of an unsettled await by itself', async () => {
    expect(await findingsOf('thirteen-failures')).toMatchObject({ code: 13, lines: [] });
  });

  test('is told which async functions await each other', async () => {
    const { code, lines } = await findingsOf('memo-cycle');
    expect(code).toBe(13);
    expect(lines.map((line) => line.code)).toEqual(['DEPT002']);
    const [line] = lines;
    expect(line?.contexts.map(({ name }) => name).sort()).toEqual(['loadOrg', 'loadTeam', 'loadUser']);
    const places = new Map(line?.contexts.map(({ name, W }) => [name, W.site]));
    expect(places.get('loadOrg')).toBe('src/memo-cycle.mjs:15:10');
    expect(line?.classes.map(({ kind }) => kind)).toEqual(['promise', 'promise', 'promise']);
  });

  test('is told so when it ends as if all were well and nobody has their promises any more', async () => {
    const { code, stdout, lines } = await findingsOf('closed-circle');
    expect([code, stdout]).toEqual([0, '']);
    expect(lines.map((line) => line.code)).toEqual(['DEPT002']);
    expect(lines[0]?.contexts.map(({ name }) => name).sort()).toEqual(['connectClient', 'loadConfig']);
    using findings = new FindingsFile();
    const fixed = await runPreloaded(['src/closed-circle.mjs', 'fixed'], { env: { DEPT_REPORT: findings.path } });
    expect(fixed).toMatchObject({ code: 0, stdout: 'done\n', stderr: '' });
    expect(findings.read()).toEqual([]);
  });

  test('is told nothing of what it leaves undone on timers that keep no program alive', async () => {
    const { code, stdout, stderr, lines } = await findingsOf('flush-aside');
    expect({ code, stdout, stderr, lines }).toEqual({ code: 0, stdout: 'done\n', stderr: '', lines: [] });
    using findings = new FindingsFile();
    await runPreloaded(['src/flush-aside.mjs', 'stuck'], { env: { DEPT_REPORT: findings.path } });
    const stuck = findings.read();
    expect(stuck.map((line) => [line.code, line.openWaits.map(({ context }) => context)])).toEqual([
      ['DEPT003', ['order']],
    ]);
  });

  test('is told which promise was resolved with one that waits for it', async () => {
    const { code, stdout, lines } = await findingsOf('closed-chain');
    expect([code, stdout]).toEqual([0, '']);
    expect(lines.map((line) => [line.code, line.message])).toEqual([
      ['DEPT002', 'main awaits a promise that was resolved with one that waits for it.'],
    ]);
    using findings = new FindingsFile();
    const fixed = await runPreloaded(['src/closed-chain.mjs', 'fixed'], { env: { DEPT_REPORT: findings.path } });
    expect(fixed).toMatchObject({ code: 0, stdout: 'done saved\n', stderr: '' });
    expect(findings.read()).toEqual([]);
  });

  test('is told who waits for what another one alone can release, and nothing of who sleeps for work', async () => {
    const { code, stdout, lines } = await findingsOf('own-mutex');
    expect([code, stdout]).toEqual([0, '']);
    expect(lines.map((line) => [line.code, line.message])).toEqual([
      ['DEPT002', '2 calls of nested await each other for ever.'],
    ]);
    for (const how of ['fixed', 'idle']) {
      using findings = new FindingsFile();
      const env = { DEPT_REPORT: findings.path };
      const ended = await runPreloaded(['src/own-mutex.mjs', how], { env });
      expect(ended).toMatchObject({ code: 0, stdout: 'done\n', stderr: '' });
      expect(findings.read()).toEqual([]);
    }
  });

  test('is told who was left in a lock that dept does not know, and nothing of who has given it up', async () => {
    const { code, stdout, stderr, lines } = await findingsOf('left-in-a-lock');
    expect([code, stdout]).toEqual([0, '']);
    expect(lines.map((line) => [line.code, line.severity])).toEqual([['DEPT003', 'error']]);
    expect(lines[0]?.suspended.map(({ name }) => name).sort()).toEqual(['deposit', 'lock']);
    expect(stderr).toContain('   lock (src/left-in-a-lock.mjs:10:25) awaits what waits in Mutex.#waiting\n');
    using findings = new FindingsFile();
    const idle = await runPreloaded(['src/left-in-a-lock.mjs', 'idle'], { env: { DEPT_REPORT: findings.path } });
    expect(idle).toMatchObject({ code: 0, stdout: 'given up\n', stderr: '' });
    expect(findings.read()).toEqual([]);
  });

  test('is told of home-made locks that are taken again, however they are made', async () => {
    const { code, lines } = await findingsOf('own-lock-forms');
    expect(code).toBe(0);
    expect(new Set(lines.map((line) => line.code))).toEqual(new Set(['DEPT002']));
    const forms = lines.flatMap(({ contexts }) =>
      contexts.map(({ name }) => name).filter((name) => name.startsWith('by')),
    );
    const lists = ['bySlot', 'byList', 'byClosure', 'byGift', 'byImport', 'byPart', 'byField'];
    const all = [...lists, 'byGuard', 'byEvent', 'byOwnEvent', 'byDoor'];
    expect([...new Set(forms)].toSorted()).toEqual(all.toSorted());
  });

  test.each([
    ['crawler', 'one\ntwo\n'],
    ['signal', 'begun\n'],
    ['lease', 'sent\n'],
    ['sections', 'first\n'],
    ['feed', 'first\n'],
    ['reader', 'first\n'],
    ['mailbox', 'first\n'],
  ])(
    'is told nothing of who stands in a list, if nobody who would let him go on waits for him: %s',
    async (form, stdout) => {
      using findings = new FindingsFile();
      const ended = await runPreloaded(['src/idle-at-end.mjs', form], { env: { DEPT_REPORT: findings.path } });
      expect(ended).toMatchObject({ code: 0, stdout, stderr: '' });
      expect(findings.read()).toEqual([]);
    },
  );

  test.each([
    ['class', ['acquire', 'run']],
    ['closure', ['limit']],
  ])('is told who stands in line in a limiter of its own, a %s, behind those who await him', async (form, names) => {
    using findings = new FindingsFile();
    const env = { DEPT_REPORT: findings.path };
    const { code } = await runPreloaded(['src/own-limiter.mjs', form], { env });
    expect(code).toBe(0);
    const [line, ...others] = findings.read();
    expect(others).toEqual([]);
    expect(line?.code).toBe('DEPT002');
    expect(line?.contexts.map(({ name }) => name)).toEqual(expect.arrayContaining(names));
    expect(line?.help[0]).toMatch(/^Do not enter the limiter or the lock again/);
  });

  test('is told nothing of who stands in a line that nobody who is past it would let go on', async () => {
    const { code, lines } = await findingsOf('lines-left');
    expect(code).toBe(0);
    expect(lines).toEqual([]);
  });

  test('is told where it stopped when nobody settles what it awaits, without the values of its variables', async () => {
    const { code, lines, stderr } = await findingsOf('lost-reply');
    expect(code).toBe(13);
    expect(lines.map((line) => line.code)).toEqual(['DEPT003']);
    const suspended = new Map(lines[0]?.suspended.map((each) => [each.name, each]));
    expect([...suspended.keys()].sort()).toEqual(['ask', 'module src/lost-reply.mjs']);
    expect(suspended.get('ask')).toMatchObject({ site: 'src/lost-reply.mjs:6:18', waitsFor: [] });
    expect(suspended.get('ask')?.locals).toContainEqual({ name: 'secret', value: null });
    expect(stderr).toContain('   ask (src/lost-reply.mjs:6:18) awaits what waits in Map.table\n');
    expect(stderr).not.toContain('hunter2');
  });

  test('is told who waits for whom in callbacks of modules that it got without a loader', async () => {
    using findings = new FindingsFile();
    const env = { DEPT_REPORT: findings.path };
    expect(await runPreloaded(['src/own-builtins.mjs'], { env })).toMatchObject({ code: 13, stdout: '' });
    expect(findings.read().map((line) => line.code)).toEqual(['DEPT002']);
    const fixed = await runPreloaded(['src/own-builtins.mjs', 'fixed']);
    expect(fixed).toMatchObject({ code: 0, stdout: 'ended well\n', stderr: '' });
  });

  test('is told the values too when they are asked for', async () => {
    const { stderr } = await findingsOf('lost-reply', { DEPT_STALL_VALUES: '1' });
    expect(stderr).toContain('secret = "hunter2"');
  });

  test('is told less when the heap is not to be read', async () => {
    const { code, lines } = await findingsOf('lost-reply', { DEPT_STALL: '0' });
    expect(code).toBe(13);
    expect(lines.map((line) => [line.code, line.suspended])).toEqual([['DEPT003', []]]);
  });

  test('is told nothing when it ended well with idle workers, losers of races and what was given up', async () => {
    const ended = await findingsOf('idle-workers');
    expect(ended).toMatchObject({ code: 0, stdout: 'ended well\n', stderr: '', lines: [] });
  });

  test('is told nothing of a heap that took too long to read when it ended well', async () => {
    const ended = await findingsOf('idle-workers', { DEPT_STALL_BUDGET_MS: '1' });
    expect(ended).toMatchObject({ code: 0, stdout: 'ended well\n', stderr: '', lines: [] });
  });

  test('tells what is suspended when it is asked, as information that is no finding', async () => {
    const { code, lines } = await findingsOf('idle-workers', { DEPT_STALL: '1' });
    expect(code).toBe(0);
    expect(lines.map((line) => [line.code, line.severity])).toEqual([['DEPT003', 'info']]);
    expect(lines[0]?.suspended.map(({ name }) => name)).toContain('worker');
  });
});

describe.concurrent('a program that stands but lives', { timeout: TIMEOUT_MS }, () => {
  const killWhenItStands = (after = 2_000) => ({
    onStdout: (text: string, kill: (signal: NodeJS.Signals) => void) => {
      if (text.includes('stands')) setTimeout(() => kill('SIGTERM'), after);
    },
  });

  test('says who waits for whom when it is killed, and dies of the signal', async () => {
    using findings = new FindingsFile();
    const env = { DEPT_REPORT: findings.path };
    const ended = await runPreloaded(['src/held-forever.mjs'], { ...killWhenItStands(), env });
    expect(ended).toMatchObject({ code: null, signal: 'SIGTERM' });
    const [line, ...others] = findings.read();
    expect(others).toEqual([]);
    expect(line).toMatchObject({ code: 'DEPT003', severity: 'warning' });
    expect(line?.message).toContain('was sent SIGTERM');
    expect(line?.openWaits[0]).toMatchObject({ context: 'want', owners: [{ context: 'keep' }] });
    expect(line?.openWaits[0]?.ageMs).toBeGreaterThan(1_000);
    expect(ended.stderr).toMatch(/ {3}A want waits since \d+ ms in acquire\(mutex:0\)\n {6}owed by keep since acquire/);
  });

  test.each([
    ['handles', { code: 5, stdout: 'stands\nhandled SIGTERM 1\n' }, ['info']],
    ['handles-once', { signal: 'SIGTERM', stdout: 'stands\nhandled SIGTERM 0\n' }, ['info', 'warning']],
    ['handles-no-more', { signal: 'SIGTERM', stdout: 'stands\n' }, ['warning']],
    ['ends', { code: 0, stdout: 'stands\n' }, ['info', 'error']],
  ] as const)('that %s SIGTERM does so as ever, and is told who waits for whom', async (how, wanted, severities) => {
    using findings = new FindingsFile();
    const ended = await runPreloaded(['src/held-forever.mjs', how], {
      env: { DEPT_REPORT: findings.path, DEPT_STALL: '0' },
      onStdout: (text, kill) => {
        if (text.endsWith('stands\n')) setTimeout(() => kill('SIGTERM'), 2_500);
        else setTimeout(() => kill('SIGTERM'), 500);
      },
    });
    expect(ended).toMatchObject(wanted);
    const lines = findings.read();
    expect(lines.map(({ code, severity }) => [code, severity])).toEqual(severities.map((each) => ['DEPT003', each]));
    for (const line of lines) expect(line.openWaits.map(({ context }) => context)).toEqual(['want']);
  });

  test.each(['http', 'undici'])('for an answer of %s that nobody reads is told that once', async (library) => {
    using findings = new FindingsFile();
    const env = { DEPT_REPORT: findings.path };
    const ended = await runPreloaded(['src/unread-answers.mjs', library], { ...killWhenItStands(4_000), env });
    expect(ended).toMatchObject({ code: null, signal: 'SIGTERM', stdout: '200 stands\n' });
    expect(findings.read().map(({ message }) => message)).toEqual([
      expect.stringMatching(/^GET \/ waits for a connection that GET \/ keeps until its answer is read/),
    ]);
  });

  test('in a worker is told of by the main thread, which alone hears of signals', async () => {
    using findings = new FindingsFile();
    const env = { DEPT_REPORT: findings.path };
    const ended = await runPreloaded(['src/held-in-a-worker.mjs'], { ...killWhenItStands(3_000), env });
    expect(ended).toMatchObject({ code: null, signal: 'SIGTERM' });
    const [line, ...others] = findings.read();
    expect(others).toEqual([]);
    expect(line).toMatchObject({ code: 'DEPT003', severity: 'warning' });
    expect(line?.openWaits.map(({ context }) => context)).toEqual([expect.stringMatching(/^want \(worker \d\)$/)]);
    expect(line?.openWaits[0]?.owners.map(({ context }) => context)).toEqual([
      expect.stringMatching(/^keep \(worker \d\)$/),
    ]);
  });

  test('is found by the watchdog when nothing tracked moves', async () => {
    using findings = new FindingsFile();
    const env = { DEPT_REPORT: findings.path, DEPT_WATCHDOG_MS: '500' };
    await runPreloaded(['src/held-forever.mjs'], { ...killWhenItStands(3_000), env });
    const [line, ...others] = findings.read();
    expect(others).toEqual([]);
    expect(line).toMatchObject({ code: 'DEPT003', severity: 'warning' });
    expect(line?.message).toMatch(/^Nothing tracked has moved for \d+ ms while a wait is still open: mutex:0\.$/);
  });

  /** Until it is told of something. */
  async function toldWhileRunning(program: string, signal: NodeJS.Signals, args: readonly string[] = []) {
    using findings = new FindingsFile();
    const env = { DEPT_REPORT: findings.path };
    await runPreloaded([`src/${program}.mjs`, ...args], {
      env,
      onStdout: (_text, kill) => {
        const looking = setInterval(() => {
          if (findings.read().length === 0) return;
          clearInterval(looking);
          kill(signal);
        }, 50);
        looking.unref();
      },
    });
    return findings.read();
  }

  test('is told of its deadlock while only a listening socket keeps it alive', async () => {
    expect((await toldWhileRunning('server-abba', 'SIGKILL')).map(({ code }) => code)).toEqual(['DEPT002']);
  });

  test('is told where it waits, also where it has waited a hundred times before', async () => {
    const [told] = await toldWhileRunning('spent-places', 'SIGKILL');
    expect(told?.code).toBe('DEPT002');
    expect(told?.contexts.map(({ name }) => name).sort()).toEqual(['close', 'enter']);
    expect(JSON.stringify(told?.contexts)).toContain('src/spent-places.mjs:15:3');
  });

  test('is told, once, what a request stands at though timers and other processes could let it go on', async () => {
    const told = await toldWhileRunning('standing-request', 'SIGTERM');
    expect(told.map(({ code }) => code)).toEqual(['DEPT002']);
    expect(told[0]?.contexts.map(({ name }) => name).sort()).toEqual(['readLimit', 'readSize']);
  });

  test('is told of home-made locks that its requests stand at', async () => {
    const told = await toldWhileRunning('standing-locks', 'SIGTERM', ['/buy', '/cancel', '/poll']);
    expect(told.map(({ code }) => code)).toEqual(['DEPT002']);
    expect(told[0]?.contexts.map(({ name }) => name).sort()).toEqual(['buy', 'cancel']);
  });

  test.each([
    ['values', ['readLimit', 'readSize']],
    ['locks', ['both', 'both']],
  ])('is told of functions that await each other while it does nothing: %s', async (form, names) => {
    const told = await toldWhileRunning('idle-circle', 'SIGTERM', [form]);
    expect(told.map(({ code }) => code)).toEqual(['DEPT002']);
    expect(told[0]?.contexts.map(({ name }) => name).sort()).toEqual(names);
  });

  test.each([
    ['request', ['report'], 'report waits for a promise that nobody can settle any more.'],
    ['handler', ['report', 'answer'], 'report waits for a promise that nobody can settle any more.'],
    ['stream', ['compress'], 'compress waits for a promise that nobody can settle any more.'],
    ['event', ['ready'], 'ready waits for a promise that nobody can settle any more.'],
  ])('is told, once, who waits for what nobody can settle: %s', async (form, names, message) => {
    using findings = new FindingsFile();
    const env = { DEPT_REPORT: findings.path };
    await runPreloaded(['src/unsettleable.mjs', form], { ...killWhenItStands(14_000), env });
    const told = findings.read();
    expect(told.map(({ code, severity, message }) => [code, severity, message])).toEqual([
      ['DEPT003', 'warning', message],
    ]);
    expect([...new Set(told[0]?.suspended.map(({ name }) => name))]).toEqual(names);
  });

  test('is told nothing of who means to wait, and of who waits for what will come', async () => {
    using findings = new FindingsFile();
    const env = { DEPT_REPORT: findings.path };
    const [meant, idle, healthy] = await Promise.all([
      runPreloaded(['src/waits-on-purpose.mjs'], { ...killWhenItStands(7_000), env }),
      runPreloaded(['src/unsettleable.mjs', 'idle'], { ...killWhenItStands(7_000), env }),
      runPreloaded(['src/unsettleable.mjs', 'healthy'], { env }),
    ]);
    for (const each of [meant, idle]) expect(each).toMatchObject({ code: 0, stdout: 'stands\n' });
    expect(healthy).toMatchObject({ code: 0, stdout: 'stands\ndone\n' });
    expect(findings.read()).toEqual([]);
  });

  test('is told nothing while it has nothing to do', async () => {
    using findings = new FindingsFile();
    const env = { DEPT_REPORT: findings.path };
    const ended = await runPreloaded(['src/idle-circle.mjs', 'nothing'], { ...killWhenItStands(6_000), env });
    expect(ended).toMatchObject({ code: 0, stdout: 'stands\n' });
    expect(findings.read()).toEqual([]);
  });

  test('is told nothing of requests that wait for what somebody else will bring', async () => {
    using findings = new FindingsFile();
    const env = { DEPT_REPORT: findings.path };
    const ended = await runPreloaded(['src/standing-locks.mjs', '/poll', '/poll'], { ...killWhenItStands(5_000), env });
    expect(ended).toMatchObject({ code: 0, stdout: 'stands\n' });
    expect(findings.read()).toEqual([]);
  });

  test('answers a signal and goes on', async () => {
    using findings = new FindingsFile();
    const env = { DEPT_REPORT: findings.path, DEPT_STALL_SIGNAL: 'SIGUSR2' };
    let isAsked = false;
    const ended = await runPreloaded(['src/held-forever.mjs', 'answers'], {
      env,
      onStdout: (_text, kill) => {
        if (!isAsked) kill('SIGUSR2');
        isAsked = true;
      },
    });
    expect(ended).toMatchObject({ code: 0, stdout: 'stands\nasked\n' });
    const [line] = findings.read();
    expect(line).toMatchObject({ code: 'DEPT003', severity: 'info' });
    expect(line?.openWaits.map(({ context }) => context)).toEqual(['want']);
    expect(line?.suspended.map(({ name }) => name)).toContain('want');
  });
});

describe.concurrent('dept stall', { timeout: TIMEOUT_MS }, () => {
  const options = { timeoutMs: CHILD_TIMEOUT_MS };

  test('reads the circle from the heap alone, and leaves the exit code', async () => {
    using findings = new FindingsFile();
    const args = ['stall', '--budget', '40000', '--report', findings.path, '--', 'node', `${PROGRAMS}/memo-cycle.mjs`];
    const ended = await runDept(args, options);
    expect(ended.code).toBe(13);
    expect(findings.read().map(({ code }) => code)).toEqual(['DEPT002']);
    expect(ended.stderr).toContain('loadOrg, loadTeam and loadUser await each other for ever.');
    expect(ended.stderr).toContain('dept: 1 finding.');
  });

  test('tells of a program that ended well as information only', async () => {
    const ended = await runDept(['stall', '--budget', '40000', `${PROGRAMS}/idle-workers.mjs`], options);
    expect(ended).toMatchObject({ code: 0, stdout: 'ended well\n' });
    expect(ended.stderr).toContain('DEPT003 info');
    expect(ended.stderr).toMatch(/ {3}worker \(\S+:11:12\) awaits what waits in Jobs\.waiting\n/);
  });

  test('--after tells of a program that goes on', async () => {
    const args = ['stall', '--after', '500', '--budget', '40000', `${PROGRAMS}/stuck-for-a-while.mjs`];
    const ended = await runDept(args, options);
    expect(ended).toMatchObject({ code: 0, stdout: 'goes on\n' });
    expect(ended.stderr).toContain('The program still runs after 500 ms while');
    expect(ended.stderr).toContain('awaits what waits in Timeout._onTimeout');
  });

  test('--after names modules that wait for each other, once', async () => {
    const livesOn = ['--import', 'data:text/javascript,setTimeout(() => undefined, 3000)'];
    const program = ['node', ...livesOn, 'test/corpus/programs/esm-tla-cycle.mjs'];
    const ended = await runDept(['stall', '--after', '500', '--budget', '40000', '--', ...program], options);
    expect(ended.code).toBe(13);
    const named = /^Module \S+esm-tla-cycle\.mjs awaits import\(\) of \S+plugin\.mjs, which imports .*$/gm;
    const [first, ...others] = [...ended.stderr.matchAll(named)];
    expect(others).toEqual([]);
    expect(first?.index).toBeLessThan(ended.stderr.indexOf('still runs after 500 ms'));
  });

  test.each([
    [['stall'], 'stall needs a program, for example: dept stall -- node app.js'],
    [
      ['stall', '--after', 'soon', `${PROGRAMS}/fixed.mjs`],
      '--after is "soon"; it must be a number of milliseconds, 1 to 999999999.',
    ],
    [['stall', '--format', 'html', 'app.js'], '--format is "html"; it must be pretty or dept.'],
    [
      ['stall', '--on', 'SIGKILL', `${PROGRAMS}/fixed.mjs`],
      '--on is "SIGKILL"; it must be a signal that can be caught',
    ],
  ])('%j is refused', async (args, message) => {
    const ended = await runDept(args, options);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain(message);
  });
});
