import { expect, test } from 'vitest';
import { Mutex } from '../../../../src/sync/user/mutex.ts';
import { LibraryStage, turn } from './library-stage.ts';

async function advice(stage: LibraryStage): Promise<readonly (readonly string[])[]> {
  await stage.found();
  return stage.installation.findings.map(({ help }) => help);
}

async function inOrder(...locks: readonly Mutex[]): Promise<void> {
  const [outer, ...inner] = locks;
  if (outer !== undefined) await outer.runExclusive(() => inOrder(...inner));
}

test('an order that all others have is told, and who has another one', async () => {
  using stage = new LibraryStage();
  const [a, b, c] = ['a', 'b', 'c'].map((name) => new Mutex({ name })) as [Mutex, Mutex, Mutex];
  async function first() {
    await inOrder(a, b);
  }
  async function second() {
    await inOrder(b, c);
  }
  async function third() {
    await inOrder(c, a);
  }
  for (const run of [first, second, third]) await run();
  expect(await advice(stage)).toEqual([
    [
      'Take a, b and c in this order everywhere: it is third that takes c first.',
      'Or let it release c before it asks for a.',
    ],
  ]);
});

test('who holds a lock and waits for a task that takes it need not wait', async () => {
  using stage = new LibraryStage();
  const { default: PQueue } = await import('p-queue');
  const jobs = new PQueue({ concurrency: 1 });
  const ledger = new Mutex({ name: 'ledger' });
  async function post() {
    await jobs.add(() => ledger.runExclusive(turn));
  }
  async function close() {
    await ledger.runExclusive(() => jobs.add(turn));
  }
  await post();
  await close();
  expect(await advice(stage)).toEqual([
    [
      'Do not wait for a task of jobs while ledger is held, as close does: release it first, or go on without the result.',
      'Or let tasks of jobs do without ledger.',
    ],
  ]);
});

test('what makes a resource of a pool can have ready what it needs', async () => {
  using stage = new LibraryStage();
  const { createPool } = await import('generic-pool');
  const config = new Mutex({ name: 'config' });
  const pool = createPool(
    { create: () => config.runExclusive(async () => ({ url: 'db' })), destroy: async () => undefined },
    { max: 1 },
  );
  await pool.release(await pool.acquire());
  async function reload() {
    await config.runExclusive(async () => pool.release(await pool.acquire()));
  }
  await reload();
  await pool.drain();
  await pool.clear();
  expect(await advice(stage)).toEqual([
    [
      'Let the function that makes a resource of pool do without config, or have what it needs ready before.',
      'Or release config before asking pool for a resource.',
    ],
  ]);
});

test('who takes a lock is named, not the function that he calls', async () => {
  using stage = new LibraryStage();
  const [tenants, audit] = ['tenants', 'audit'].map((name) => new Mutex({ name })) as [Mutex, Mutex];
  async function note() {
    await audit.runExclusive(turn);
  }
  async function register() {
    await tenants.runExclusive(note);
  }
  async function load() {
    await tenants.runExclusive(turn);
  }
  async function review() {
    await audit.runExclusive(load);
  }
  await register();
  await review();
  expect((await advice(stage)).map(([first]) => first)).toEqual([
    'Take tenants before audit everywhere: it is review that takes audit first.',
  ]);
});
