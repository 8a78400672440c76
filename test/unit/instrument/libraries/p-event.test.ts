import { EventEmitter } from 'node:events';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LIBRARY_ADAPTERS } from '../../../../instrument/libraries/index.ts';
import { type ModuleWatch, watchModules } from '../../../../instrument/modules/module-hooks.ts';
import { NodeStage } from '../node/node-stage.ts';
import { previous } from './library-stage.ts';

type PEvent = (emitter: EventEmitter, event: string | string[], options?: unknown) => Promise<unknown>;
interface PEventModule {
  readonly pEvent: PEvent;
}

class Database extends EventEmitter {}

let stage: NodeStage;
let watch: ModuleWatch;
let database: Database;

beforeEach(() => {
  stage = new NodeStage();
  watch = watchModules(LIBRARY_ADAPTERS);
  database = new Database();
});
afterEach(() => {
  watch.stop();
  stage.end();
});

describe.each([
  ['7', async () => (await import('p-event')) as PEventModule],
  ['6', async () => (await import(/* @vite-ignore */ pathToFileURL(previous.resolve('p-event')).href)) as PEventModule],
])('p-event %s', (_version, load) => {
  test('a wait for an event that was emitted once before is lost', async () => {
    const { pEvent } = await load();
    database.emit('ready');
    void pEvent(database, 'ready');
    stage.look({ isQuiet: true, times: 4 });
    expect(stage.messages).toEqual([
      expect.stringMatching(
        /^DEPT004 \S+ waits for ready of Database, which had happened before the wait began: it was emitted once/,
      ),
    ]);
    const [open] = stage.findings[0]?.openWaits ?? [];
    expect(open?.label).toBe('pEvent');
    expect(open?.stack?.frames[0]?.file).toMatch(/p-event\.test\.ts$/);
    stage.look({ isLast: true });
    expect(stage.messages).toHaveLength(1);
  });

  test('one that comes again, or for the first time, was not', async () => {
    const { pEvent } = await load();
    database.emit('ready');
    const ready = pEvent(database, 'ready');
    const closed = pEvent(database, 'close');
    database.emit('ready', 7);
    database.emit('close', 8);
    expect(await Promise.all([ready, closed])).toEqual([7, 8]);
    stage.look({ isLast: true });
    expect(stage.messages).toEqual([]);
  });

  test.each<[string, string | string[], unknown]>([
    ['one of several events', ['ready', 'close'], undefined],
    ['an event that a filter lets through', 'ready', (value: unknown) => value === 2],
    ['the same, by an option', 'ready', { filter: (value: unknown) => value === 2 }],
    ['an event for some time', 'ready', { timeout: 60_000 }],
  ])('who waits for %s may still be served', async (_what, event, options) => {
    const { pEvent } = await load();
    database.emit('ready', 1);
    const waiting = pEvent(database, event, options);
    stage.look({ isQuiet: true, times: 4 });
    expect(stage.messages).toEqual([]);
    database.emit('ready', 2);
    expect(await waiting).toBe(2);
  });

  test('what is cancelled waits no more, and what fails rejects as ever', async () => {
    const { pEvent } = await load();
    database.emit('ready');
    const promise = pEvent(database, 'ready') as Promise<unknown> & { cancel(): void };
    promise.cancel();
    expect(database.listenerCount('ready')).toBe(0);
    stage.look({ isLast: true });
    expect(stage.messages).toEqual([]);
    const failed = pEvent(database, 'ready');
    database.emit('error', new Error('no database'));
    await expect(failed).rejects.toThrow('no database');
    expect(pEvent.name).toBe('pEvent');
  });
});
