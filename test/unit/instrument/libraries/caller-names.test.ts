import { expect, test } from 'vitest';
import { LibraryStage, turn } from './library-stage.ts';

/** Handlers of routes, each called when the one before has ended. */
class Router {
  readonly #handlers = new Map<string, () => Promise<unknown>>();

  on(route: string, handler: () => Promise<unknown>): void {
    this.#handlers.set(route, handler);
  }

  async serve(...routes: readonly string[]): Promise<void> {
    for (const route of routes) {
      setImmediate(() => void this.#handlers.get(route)?.());
      for (let i = 0; i < 5; i++) await turn();
    }
  }
}

async function messages(stage: LibraryStage): Promise<readonly string[]> {
  await stage.found();
  return stage.installation.findings.map(({ message }) => message);
}

test('handlers without names are told apart by the lines where they wait', async () => {
  using stage = new LibraryStage();
  const { Mutex } = await import('async-mutex');
  const [quota, tenant] = [new Mutex(), new Mutex()];
  const router = new Router();
  router.on('upload', async () => tenant.runExclusive(async () => quota.runExclusive(turn)));
  router.on('recount', async () => quota.runExclusive(async () => tenant.runExclusive(turn)));
  await router.serve('upload', 'recount');
  const [message = ''] = await messages(stage);
  const lines = [...message.matchAll(/caller-names\.test\.ts:(\d+)/g)].map(([, line]) => Number(line));
  expect(message).toMatch(/^caller-names\S+ and caller-names\S+ can wait for each other for ever\.$/);
  expect(lines).toEqual([expect.any(Number), (lines[0] as number) - 1]);
});

test('where one of them has a name, both are called as before', async () => {
  using stage = new LibraryStage();
  const { Mutex } = await import('async-mutex');
  const [quota, tenant] = [new Mutex(), new Mutex()];
  const router = new Router();
  router.on('upload', async function upload() {
    await tenant.runExclusive(async () => quota.runExclusive(turn));
  });
  router.on('recount', async () => quota.runExclusive(async () => tenant.runExclusive(turn)));
  await router.serve('upload', 'recount');
  expect(await messages(stage)).toEqual([expect.stringMatching(/\bupload\b.* can wait for each other for ever\.$/)]);
});
