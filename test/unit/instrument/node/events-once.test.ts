import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { createServer as createHttpServer, get, IncomingMessage } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { refillKept } from '../../../../instrument/attribution/kept-reactions.ts';
import { NodeStage } from './node-stage.ts';

let stage: NodeStage;

beforeEach(() => {
  stage = new NodeStage();
});

afterEach(() => stage.end());

class Database extends EventEmitter {}

test('a wait for an event of the program that was emitted once before is lost', () => {
  const database = new Database();
  database.emit('ready');
  void once(database, 'ready');
  stage.look({ isQuiet: true, times: 4 });
  expect(stage.messages).toEqual([
    expect.stringMatching(
      /^DEPT004 \S+ waits for ready of Database, which had happened before the wait began: it was emitted once/,
    ),
  ]);
  stage.look({ isQuiet: true, times: 4 });
  expect(stage.messages).toHaveLength(1);
});

test('it names both places', () => {
  const database = new Database();
  database.emit('ready');
  void once(database, 'ready');
  stage.look({ isLast: true });
  const [open] = stage.findings[0]?.openWaits ?? [];
  expect(open?.stack?.frames[0]?.file).toMatch(/events-once\.test\.ts$/);
  expect(open?.owners[0]?.stack?.frames[0]?.file).toMatch(/events-once\.test\.ts$/);
});

test('while something else runs it takes a minute to be sure', () => {
  const database = new Database();
  database.emit('ready');
  void once(database, 'ready');
  stage.look({ isQuiet: false, times: 239 });
  expect(stage.messages).toEqual([]);
  stage.look({ isQuiet: false });
  expect(stage.messages).toHaveLength(1);
});

test('an event that is emitted again was not lost', async () => {
  const database = new Database();
  database.emit('ready');
  const ready = once(database, 'ready');
  database.emit('ready');
  await ready;
  stage.look({ isLast: true });
  expect(stage.messages).toEqual([]);
});

test('one that was heard is lost all the same, where it says that the emitter is of use from then on', () => {
  const database = new Database();
  database.on('ready', () => undefined);
  database.emit('ready');
  void once(database, 'ready');
  stage.look({ isQuiet: true, times: 4 });
  expect(stage.messages).toHaveLength(1);
});

test('one that was heard may come for the next job as well', async () => {
  const printer = new EventEmitter();
  const first = once(printer, 'done');
  printer.emit('done', 'a');
  await first;
  void once(printer, 'done');
  stage.look({ isQuiet: true, times: 300 });
  expect(stage.messages).toEqual([]);
  stage.look({ isLast: true });
  expect(stage.messages).toHaveLength(1);
});

test.each(['close', 'reconnecting'])('after %s an emitter becomes ready again', (over) => {
  const database = new Database();
  database.on(over, () => undefined);
  database.emit('ready');
  database.emit(over);
  void once(database, 'ready');
  stage.look({ isQuiet: true, times: 300 });
  expect(stage.messages).toEqual([]);
  database.emit('ready');
  void once(database, 'ready');
  stage.look({ isQuiet: true, times: 4 });
  expect(stage.messages).toHaveLength(1);
});

const NEVER = new Promise<never>(() => undefined);

/** Looks until the engine was asked who awaits, and lets it answer. */
async function lookTwice(): Promise<void> {
  stage.look({ isQuiet: true, times: 3 });
  await new Promise((resolve) => setImmediate(resolve));
  stage.look({ isQuiet: true });
}

const AWAITING: readonly (readonly [what: string, wait: (ready: Promise<unknown>) => unknown, isTold: boolean])[] = [
  ['a function awaits it', async (ready) => await ready, true],
  ['two do', (ready) => [(async () => await ready)(), (async () => await ready)()], true],
  ['a function awaits a race that is not decided', async (ready) => await Promise.race([ready, NEVER]), true],
  ['a function awaits all of several', async (ready) => await Promise.all([ready, NEVER]), true],
  ['a race that it has lost is decided', async (ready) => await Promise.race([ready, Promise.resolve()]), false],
  ['nobody awaits it', () => undefined, false],
  ['it has only a callback', async (ready) => void ready.then(() => undefined), false],
];

test.each(AWAITING)('an event that came once is lost while somebody waits for it: %s', async (_, wait, isTold) => {
  refillKept(100);
  const database = new Database();
  database.emit('ready');
  void wait(once(database, 'ready'));
  await lookTwice();
  expect(stage.messages).toHaveLength(isTold ? 1 : 0);
  stage.look({ isLast: true });
  expect(stage.messages).toHaveLength(isTold ? 1 : 0);
});

test('so it is with a promise of the program that a listener settles', async () => {
  const database = new Database();
  database.emit('ready');
  const ready = (): Promise<void> => new Promise((resolve) => database.once('ready', resolve));
  void ready();
  await lookTwice();
  expect(stage.messages).toEqual([]);
  void (async () => await ready())();
  await lookTwice();
  expect(stage.messages).toHaveLength(1);
});

test('an event that may be repeated is lost only when nothing is left to run', () => {
  const queue = new EventEmitter();
  queue.emit('job');
  void once(queue, 'job');
  stage.look({ isQuiet: true, times: 100 });
  expect(stage.messages).toEqual([]);
  stage.look({ isLast: true });
  expect(stage.messages).toHaveLength(1);
});

test('one that was emitted twice before is repeated: the next one serves as well', () => {
  const queue = new EventEmitter();
  queue.emit('job');
  queue.emit('job');
  void once(queue, 'job');
  stage.look({ isLast: true });
  expect(stage.messages).toEqual([]);
});

test.each([
  ['on', (server: EventEmitter, settle: () => void) => server.on('listening', settle)],
  ['once', (server: EventEmitter, settle: () => void) => server.once('listening', settle)],
] as const)('a promise that is settled by %s waits too', async (name, listen) => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, resolve));
  void new Promise<void>((resolve) => listen(server, resolve));
  stage.look({ isQuiet: true, times: 4 });
  server.close();
  expect(stage.messages).toEqual([expect.stringContaining('server.listening is true')]);
  expect(stage.findings[0]?.openWaits[0]?.label).toBe(name);
});

test.each(['on', 'once', 'addListener'] as const)(
  'a server that is about to listen is waited for by %s',
  async (name) => {
    const server = createServer();
    const listening = new Promise<void>((resolve) => {
      server.listen(0);
      // True already, though the event is still to come.
      expect(server.listening).toBe(true);
      server[name]('listening', resolve);
    });
    await listening;
    stage.look({ isQuiet: true, times: 100 });
    stage.look({ isLast: true });
    server.close();
    expect(stage.messages).toEqual([]);
  },
);

test.each(['on', 'once'] as const)('a child that has its id is waited for by %s', async (name) => {
  const child = spawn(process.execPath, ['--version']);
  await new Promise<void>((resolve) => child[name]('spawn', resolve));
  stage.look({ isQuiet: true, times: 100 });
  await new Promise<void>((resolve) => child[name]('exit', () => resolve()));
  stage.look({ isLast: true });
  expect(stage.messages).toEqual([]);
});

test('the answer of a request that came when nobody listened is lost', async () => {
  const server = createHttpServer((_request, response) => response.end('ok'));
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const { port } = server.address() as AddressInfo;
  const heard = get({ port });
  expect((await once(heard, 'response'))[0]).toBeInstanceOf(IncomingMessage);
  const request = get({ port });
  const closed = once(request, 'close');
  await closed;
  void once(request, 'response');
  stage.look({ isQuiet: true, times: 4 });
  server.close();
  server.closeAllConnections();
  expect(stage.messages).toEqual([
    expect.stringMatching(/waits for response of ClientRequest, .* request\.res is set/),
  ]);
});

test('a listener that stays has heard the second event of a kind', () => {
  const queue = new EventEmitter();
  queue.emit('job');
  void new Promise<void>((resolve) => queue.on('job', resolve));
  queue.emit('job');
  stage.look({ isLast: true });
  expect(stage.messages).toEqual([]);
});

test('a listener that stays has heard nothing of the event before it', () => {
  const queue = new EventEmitter();
  queue.emit('job');
  void new Promise<void>((resolve) => queue.on('job', resolve));
  queue.emit('other');
  stage.look({ isLast: true });
  expect(stage.messages).toHaveLength(1);
});

test('a listener that settles nothing may be there in vain', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, resolve));
  server.once('listening', () => undefined);
  stage.look({ isLast: true });
  server.close();
  expect(stage.messages).toEqual([]);
});

test.each([
  ['events.once', (stream: Readable) => once(stream, 'end')],
  ['on', (stream: Readable) => new Promise((resolve) => stream.on('end', resolve))],
  ['once', (stream: Readable) => new Promise((resolve) => stream.once('end', resolve))],
  [
    'on, through what looks after errors',
    (stream: Readable) => new Promise((resolve) => stream.on('end', resolve)).catch(() => undefined),
  ],
])('the end of a stream that nobody reads does not come: %s', async (_how, end) => {
  const stream = Readable.from(['a', 'b']);
  const waiting = (async () => {
    await end(stream);
  })();
  stage.look({ isQuiet: true, times: 4 });
  expect(stage.messages).toEqual([
    expect.stringMatching(/^DEPT003 \S+ waits for the end of Readable, which nobody reads/),
  ]);
  expect(stage.openWaits).toBe(0);
  stream.resume();
  await waiting;
});

test('a promise of the end that nobody awaits is there for whoever reads the stream later', async () => {
  const body = Readable.from(['a', 'b']);
  const ended = new Promise((resolve, reject) => {
    body.on('end', resolve);
    body.on('error', reject);
  }).catch((error: unknown) => ({ error }));
  void once(body, 'end');
  stage.look({ isQuiet: true, times: 100 });
  stage.look({ isLast: true });
  expect(stage.messages).toEqual([]);
  body.resume();
  await ended;
});

test('who goes on after the end by then waits for it when nothing is left to run', () => {
  const stream = Readable.from(['a', 'b']);
  void new Promise<void>((resolve) => stream.on('end', resolve)).then(() => stage.look({}));
  stage.look({ isQuiet: true, times: 100 });
  expect(stage.messages).toEqual([]);
  stage.look({ isLast: true });
  expect(stage.messages).toHaveLength(1);
});

test('of a promise that is not known it is told when nothing is left to run', () => {
  const stream = Readable.from(['a', 'b']);
  let settle = (): void => undefined;
  void new Promise<void>((resolve) => {
    settle = resolve;
  });
  stream.once('end', settle);
  stage.look({ isQuiet: true, times: 100 });
  expect(stage.messages).toEqual([]);
  stage.look({ isLast: true });
  expect(stage.messages).toHaveLength(1);
});

test('that of a stream which is read later comes', async () => {
  const stream = Readable.from(['a', 'b']);
  const ended = once(stream, 'end');
  stage.look({ isQuiet: true, times: 3 });
  stream.resume();
  stage.look({ isQuiet: true, times: 4 });
  await ended;
  expect(stage.messages).toEqual([]);
});

test('whoever has given up on an error waits for nothing more of that emitter', async () => {
  const database = new Database();
  database.emit('ready');
  const opened = new Promise((resolve, reject) => {
    database.on('error', reject);
    database.on('ready', resolve);
  });
  database.emit('error', new Error('refused'));
  await expect(opened).rejects.toThrow('refused');
  stage.look({ isLast: true });
  expect(stage.messages).toEqual([]);
});

test.each([
  ['with an error', new Error('refused')],
  ['without one', undefined],
])('a stream that is destroyed %s before anybody reads it does not end for want of a reader', async (_how, error) => {
  const stream = new PassThrough();
  const ended = new Promise((resolve, reject) => {
    stream.on('error', reject);
    stream.on('end', resolve);
    stream.on('close', () => reject(new Error('closed')));
  });
  stream.destroy(error);
  await expect(ended).rejects.toThrow(error?.message ?? 'closed');
  stage.look({ isLast: true });
  expect(stage.messages).toEqual([]);
});

test('a wait that was given up is over', async () => {
  const database = new Database();
  database.emit('ready');
  const controller = new AbortController();
  const ready = once(database, 'ready', { signal: controller.signal });
  controller.abort();
  await expect(ready).rejects.toThrow('aborted');
  stage.look({ isLast: true });
  expect(stage.messages).toEqual([]);
});

test('what is patched keeps its name and length, and is restored', () => {
  const patched = methods();
  stage.end();
  const original = methods();
  expect(patched.map(({ name, length }) => [name, length])).toEqual(original.map(({ name, length }) => [name, length]));
  for (const [index, method] of patched.entries()) expect(method).not.toBe(original[index]);
  for (const [, , on, addListener] of [patched, original]) expect(on).toBe(addListener);
});

interface Method {
  readonly name: string;
  readonly length: number;
}

function methods(): readonly Method[] {
  const prototype = EventEmitter.prototype as unknown as Readonly<Record<string, Method>>;
  const onItself = EventEmitter as unknown as Readonly<Record<string, Method>>;
  return [onItself['once'], ...['emit', 'on', 'addListener', 'once'].map((name) => prototype[name])] as Method[];
}
