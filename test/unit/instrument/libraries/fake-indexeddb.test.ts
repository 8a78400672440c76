import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LIBRARY_ADAPTERS } from '../../../../instrument/libraries/index.ts';
import { type ModuleWatch, watchModules } from '../../../../instrument/modules/module-hooks.ts';
import { NodeStage } from '../node/node-stage.ts';
import { previous, turn } from './library-stage.ts';

interface Connection {
  readonly version: number;
  transaction(stores: string[], mode: string): { readonly done: Promise<void> };
  put(store: string, value: unknown, key: string): Promise<unknown>;
  get(store: string, key: string): Promise<unknown>;
  createObjectStore(name: string): unknown;
  close(): void;
}

interface Idb {
  openDB(
    name: string,
    version: number,
    callbacks?: { blocking?(...args: unknown[]): void; upgrade?(db: Connection): void },
  ): Promise<Connection>;
  deleteDB(name: string): Promise<void>;
}

let stage: NodeStage;
let watch: ModuleWatch;
let count = 0;

async function settle(): Promise<void> {
  for (let turns = 0; turns < 30; turns++) await turn();
}

beforeEach(async () => {
  stage = new NodeStage();
  watch = watchModules(LIBRARY_ADAPTERS);
  // It has no types.
  await import('fake-indexeddb/auto' as string);
});
afterEach(() => {
  watch.stop();
  stage.end();
});

describe.each([
  ['8', async () => (await import('idb')) as unknown as Idb],
  ['7', async () => (await import(/* @vite-ignore */ pathToFileURL(previous.resolve('idb')).href)) as Idb],
])('idb %s over fake-indexeddb', (_version, load) => {
  let idb: Idb;
  let name: string;
  beforeEach(async () => {
    idb = await load();
    name = `orders${++count}`;
  });

  test.each<[string, () => Promise<unknown>, RegExp]>([
    [
      'deletes a database',
      () => idb.deleteDB(name),
      /waits for deleteDatabase of the database orders\d+, which cannot/,
    ],
    ['upgrades it', () => idb.openDB(name, 2), /waits for open of the database orders\d+, which cannot/],
  ])('who %s while it is open itself waits for ever', async (_what, ask, message) => {
    const db = await idb.openDB(name, 1);
    const asked = ask();
    await settle();
    stage.look({ isQuiet: true, times: 4 });
    expect(stage.messages).toEqual([expect.stringMatching(/^DEPT003/)]);
    expect(stage.messages[0]).toMatch(message);
    const [open] = stage.findings[0]?.openWaits ?? [];
    expect(open?.stack?.frames.some(({ file }) => file?.endsWith('fake-indexeddb.test.ts'))).toBe(true);
    expect(open?.owners[0]?.stack?.frames.some(({ file }) => file?.endsWith('fake-indexeddb.test.ts'))).toBe(true);
    stage.look({ isLast: true });
    expect(stage.messages).toHaveLength(1);
    db.close();
    await asked;
  });

  test('a database that polls for the close is not taken for work that goes on', async () => {
    const db = await idb.openDB(name, 1);
    const asked = idb.openDB(name, 2);
    await settle();
    stage.look({ polling: 2, times: 20 });
    expect(stage.messages).toEqual([]);
    stage.look({ polling: 1 });
    expect(stage.messages).toEqual([expect.stringMatching(/^DEPT003/)]);
    db.close();
    (await asked).close();
  });

  test.each<[string, (db: () => Connection) => void]>([
    ['at once', (db) => db().close()],
    ['some time later', (db) => void settle().then(() => db().close())],
  ])('an owner that closes it %s when it is asked to is in nobody’s way', async (_when, close) => {
    const db: Connection = await idb.openDB(name, 1, { blocking: () => close(() => db) });
    const asked = idb.openDB(name, 2);
    stage.look({ isQuiet: true, times: 3 });
    const upgraded = await asked;
    stage.look({ isQuiet: true, times: 40 });
    stage.look({ isLast: true });
    expect(upgraded.version).toBe(2);
    upgraded.close();
    await idb.deleteDB(name);
    expect(stage.messages).toEqual([]);
  });

  test('transactions over the same stores, one inside of the other, end by themselves', async () => {
    const db = await idb.openDB(name, 1, { upgrade: (made) => void made.createObjectStore('rows') });
    const outer = db.transaction(['rows'], 'readwrite');
    const inner = db.transaction(['rows'], 'readwrite');
    await inner.done;
    await outer.done;
    await db.put('rows', 7, 'one');
    expect(await db.get('rows', 'one')).toBe(7);
    stage.look({ isLast: true });
    expect(stage.messages).toEqual([]);
    expect(stage.openWaits).toBe(0);
    db.close();
  });
});

test('what is patched keeps its name and length, and is restored', async () => {
  const { IDBFactory, IDBDatabase } = globalThis as unknown as Record<string, { prototype: Record<string, unknown> }>;
  const methods = (): readonly unknown[] => [
    IDBFactory?.prototype['open'],
    IDBFactory?.prototype['deleteDatabase'],
    IDBDatabase?.prototype['close'],
  ];
  const looks = (all: readonly unknown[]): unknown =>
    all.map((each) => [(each as Idb['openDB']).name, (each as Idb['openDB']).length]);
  const patched = methods();
  watch.stop();
  const original = methods();
  expect(looks(patched)).toEqual(looks(original));
  for (const [index, method] of patched.entries()) expect(method).not.toBe(original[index]);
});
