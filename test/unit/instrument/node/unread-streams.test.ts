import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Duplex, PassThrough, Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { NodeStage } from './node-stage.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

let stage: NodeStage;

beforeEach(() => {
  stage = new NodeStage();
});

afterEach(() => stage.end());

const CHUNK = Buffer.alloc(1024);

function source(chunks = 2000): Readable {
  return Readable.from(
    Array.from({ length: chunks }, () => CHUNK),
    { objectMode: false },
  );
}

/** Who waits first in the first finding, and the function in which that is. */
function firstWait(): readonly (string | null | undefined)[] {
  const { contextName, stack } = stage.findings[0]?.openWaits[0] ?? {};
  return [contextName, stack?.frames[0]?.functionName];
}

async function settle(): Promise<void> {
  for (let turns = 0; turns < 200; turns++) await turn();
}

test('a branch that nobody reads stops the one that is read', async () => {
  const upload = source();
  const [read] = [upload.pipe(new PassThrough()), upload.pipe(new PassThrough())];
  read.resume();
  await settle();
  stage.look({ isQuiet: true, times: 6 });
  expect(stage.messages).toEqual([expect.stringContaining('A reader of PassThrough waits for ever')]);
  const [, open] = stage.findings[0]?.openWaits ?? [];
  expect(open?.stack?.frames[0]?.file).toMatch(/unread-streams\.test\.ts$/);
});

test('also at the end of a short program, when nobody but the streams themselves has them any more', async () => {
  (() => {
    const upload = source();
    upload.pipe(new PassThrough()).resume();
    upload.pipe(new PassThrough());
  })();
  await settle();
  collectGarbage();
  await turn();
  collectGarbage();
  stage.look({ isLast: true });
  expect(stage.messages).toHaveLength(1);
});

test('it is said once', async () => {
  const upload = source();
  upload.pipe(new PassThrough()).resume();
  upload.pipe(new PassThrough());
  await settle();
  stage.look({ isQuiet: true, times: 20 });
  stage.look({ isLast: true });
  expect(stage.messages).toHaveLength(1);
});

test('not when it is read after all', async () => {
  const upload = source();
  upload.pipe(new PassThrough()).resume();
  const late = upload.pipe(new PassThrough());
  await settle();
  stage.look({ isQuiet: true, times: 3 });
  late.resume();
  await settle();
  stage.look({ isQuiet: true, times: 20 });
  expect(stage.messages).toEqual([]);
});

test('a pipeline into a transform that nobody reads is told of where the program has made it', async () => {
  void pipeline(source(), new PassThrough());
  await settle();
  stage.look({ isQuiet: true, times: 20 });
  expect(stage.messages).toEqual([expect.stringContaining('it cannot come before its own output is read')]);
  const [owner] = stage.findings[0]?.openWaits[0]?.owners ?? [];
  expect(owner).toMatchObject({ startLabel: 'pipe' });
  expect(owner?.stack?.frames[0]?.file).toMatch(/unread-streams\.test\.ts$/);
});

test('a full stream that nobody waits for is left alone', async () => {
  source().pipe(new PassThrough());
  await settle();
  stage.look({ isQuiet: true, times: 20 });
  stage.look({ isLast: true });
  expect(stage.messages).toEqual([]);
});

test.each<[what: string, wait: (stream: PassThrough) => void]>([
  ['write', (stream) => void stream.write(CHUNK, () => undefined)],
  ['drain', (stream) => void stream.once('drain', () => undefined)],
])('the %s of a stream comes only when its own output is read', async (event, wait) => {
  const packed = new PassThrough();
  for (let chunks = 0; chunks < 200; chunks++) packed.write(CHUNK);
  await settle();
  wait(packed);
  stage.look({ isQuiet: true, times: 6 });
  expect(stage.messages).toEqual([expect.stringContaining(`The ${event} of PassThrough is waited for`)]);
});

test('says where it is awaited, if a listener settles the promise that is', async () => {
  const form = new PassThrough();
  const closed = new Promise((resolve) => form.on('close', resolve));
  async function parse(): Promise<void> {
    await closed;
  }
  for (let chunks = 0; chunks < 200; chunks++) form.write(CHUNK);
  void parse();
  await settle();
  stage.look({ isQuiet: true, times: 6 });
  await turn();
  expect(stage.messages).toEqual([expect.stringContaining('The close of PassThrough is waited for')]);
  expect(firstWait()).toEqual(['parse', 'parse']);
});

test('of a stream with two sides one goes on without the other', async () => {
  const socket = new Duplex({ read: () => undefined, write: () => undefined });
  for (let chunks = 0; chunks < 200; chunks++) socket.push(CHUNK);
  for (let chunks = 0; chunks < 200; chunks++) socket.write(CHUNK, () => undefined);
  socket.once('drain', () => undefined);
  await settle();
  stage.look({ isQuiet: true, times: 20 });
  expect(stage.messages).toEqual([]);
});

test('the finish of a parser that hands chunks to a stream of its own comes only when each part is read', async () => {
  const part = new Readable({ read: () => undefined });
  const inner = new Writable({
    write: (chunk, _encoding, taken) => {
      part.push(chunk);
      taken();
    },
  });
  class Parser extends Writable {
    override _write(chunk: Buffer, _encoding: string, taken: () => void): void {
      inner.write(chunk);
      if (part.readableLength < part.readableHighWaterMark) taken();
    }
  }
  const parser = new Parser().once('finish', () => undefined);
  source().pipe(parser);
  await settle();
  stage.look({ isQuiet: true, times: 6 });
  expect(stage.messages).toEqual([expect.stringContaining('The finish of Parser is waited for')]);
});

test('a stream that still fills is not full for good', async () => {
  const late = new PassThrough();
  const upload = new Readable({ read: () => undefined });
  void once(upload, 'close');
  upload.pipe(late);
  for (let look = 0; look < 20; look++) {
    upload.push(CHUNK);
    late.push(CHUNK);
    await turn();
    stage.look({ isQuiet: true });
  }
  expect(stage.messages).toEqual([]);
});

test('a pipeline into a stream that is read after it cannot end', async () => {
  const output = new PassThrough();
  const piped = pipeline(source(), output);
  await settle();
  stage.look({ isQuiet: true, times: 6 });
  expect(stage.messages).toEqual([
    expect.stringMatching(/^DEPT003 The \w+ of (?:Readable|PassThrough) is waited for, but it cannot come before/),
  ]);
  output.resume();
  await piped;
});

test('a parser that waits for its parts to be read', async () => {
  class Part extends Readable {
    override _read(): void {}
  }
  class Form extends Writable {
    readonly part = new Part();
    override _write(chunk: Buffer, _encoding: string, done: () => void): void {
      // The rest of the form is parsed when the part takes more.
      if (this.part.push(chunk)) done();
    }
  }
  const form = new Form();
  form.on('finish', () => undefined);
  for (let chunk = 0; chunk < 100; chunk++) form.write(CHUNK);
  await settle();
  stage.look({ isQuiet: true, times: 6 });
  expect(stage.messages).toEqual([
    expect.stringContaining('The finish of Form is waited for, but it cannot come before the Part it feeds is read'),
  ]);
});

test('a child whose output nobody reads cannot exit', async () => {
  const child = spawn(process.execPath, ['-e', 'fs.writeSync(1, Buffer.alloc(4e6))'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  async function run(): Promise<void> {
    await once(child, 'exit');
  }
  const exited = run();
  while (child.stdout.readableLength < child.stdout.readableHighWaterMark) await turn();
  stage.look({ isQuiet: true, times: 6 });
  await turn();
  expect(stage.messages).toEqual([expect.stringMatching(/^DEPT003 The exit of node \(pid \d+\) is waited for/)]);
  expect(firstWait()).toEqual(['run', 'run']);
  child.stdout.resume();
  await exited;
});

test('a child whose output nobody reads takes no more input', async () => {
  const child = spawn(process.execPath, ['-e', 'process.stdin.pipe(process.stdout)'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.write(Buffer.alloc(4e6));
  while (child.stdout.readableLength < child.stdout.readableHighWaterMark) await turn();
  stage.look({ isQuiet: true, times: 8 });
  expect(stage.messages).toEqual([]);
  const drained = once(child.stdin, 'drain');
  stage.look({ isQuiet: true, times: 8 });
  child.stdout.resume();
  await drained;
  child.stdin.end();
  await once(child, 'close');
  expect(stage.messages).toEqual([
    expect.stringMatching(
      /^DEPT003 The drain of the stdin of node \(pid \d+\) is waited for, but it cannot take more before its stdout is read/,
    ),
  ]);
});

test('a child that runs on its own may keep its output', async () => {
  const child = spawn(process.execPath, ['-e', 'fs.writeSync(1, Buffer.alloc(4e6))'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  while (child.stdout.readableLength < child.stdout.readableHighWaterMark) await turn();
  stage.look({ isQuiet: true, times: 20 });
  expect(stage.messages).toEqual([]);
  child.stdout.resume();
  await once(child, 'exit');
});

test('what is patched keeps its name and length, and is restored', () => {
  const methods = (): readonly { readonly name: string; readonly length: number }[] =>
    [
      [Readable.prototype, ['push', 'pipe']],
      [Writable.prototype, ['write', 'end']],
      [PassThrough.prototype, ['push', 'pipe', 'write', 'end']],
    ].flatMap(([prototype, names]) => (names as string[]).map((name) => (prototype as never)[name]));
  const patched = methods();
  stage.end();
  const original = methods();
  expect(patched.map(({ name, length }) => [name, length])).toEqual(original.map(({ name, length }) => [name, length]));
  for (const [index, method] of patched.entries()) expect(method).not.toBe(original[index]);
});
