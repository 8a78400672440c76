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

/** A class that locks for whoever calls it, as most programs have one. */
class Resource {
  readonly #lock;

  constructor(lock: { runExclusive<T>(work: () => Promise<T>): Promise<T> }) {
    this.#lock = lock;
  }

  async use(work: () => Promise<unknown> = turn): Promise<void> {
    await this.#lock.runExclusive(work);
  }
}

test('those who went through one method that locks are called by who called it', async () => {
  using stage = new LibraryStage();
  const { Mutex } = await import('async-mutex');
  const [disk, net] = [new Resource(new Mutex()), new Resource(new Mutex())];
  const upload = async () => disk.use(async () => net.use());
  const download = async () => net.use(async () => disk.use());
  await upload();
  await download();
  expect(await messages(stage)).toEqual(['download and upload can wait for each other for ever.']);
  expect(stage.installation.findings[0]?.help).toEqual([
    'Take several of Resource.#lock in one fixed order everywhere, for example sorted by an id or a name.',
    'Or release the first before asking for the next.',
  ]);
});

test('one function that was called from two lines has runs there', async () => {
  using stage = new LibraryStage();
  const { Mutex } = await import('async-mutex');
  const [disk, net] = [new Resource(new Mutex()), new Resource(new Mutex())];
  const nest = async (outer: Resource, inner: Resource) => outer.use(async () => inner.use());
  const both = async () => {
    await nest(disk, net);
    await nest(net, disk);
  };
  await both();
  const [message = ''] = await messages(stage);
  expect(message).toMatch(
    /^Two runs of Resource\.use \(caller-names\.test\.ts:\d+ and caller-names\.test\.ts:\d+\) can wait for each other for ever: they take several of Resource\.#lock in different orders\.$/,
  );
});
