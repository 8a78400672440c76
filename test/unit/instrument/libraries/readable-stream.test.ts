import type { PassThrough as NodePassThrough, Readable as NodeReadable } from 'node:stream';
import Stream from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LIBRARY_ADAPTERS } from '../../../../instrument/libraries/index.ts';
import { type ModuleWatch, watchModules } from '../../../../instrument/modules/module-hooks.ts';
import { NodeStage } from '../node/node-stage.ts';
import { latest, previous } from './library-stage.ts';

interface Streams {
  readonly Readable: typeof NodeReadable;
  readonly PassThrough: typeof NodePassThrough;
}

const CHUNK = Buffer.alloc(1024);

let stage: NodeStage;
let watch: ModuleWatch;

beforeEach(() => {
  stage = new NodeStage();
  watch = watchModules(LIBRARY_ADAPTERS);
});
afterEach(() => {
  watch.stop();
  stage.end();
});

describe.each([
  ['4', latest],
  ['3', previous],
])('readable-stream %s', (_version, require) => {
  const { Readable, PassThrough } = require('readable-stream') as Streams;

  function source(): NodeReadable {
    let left = 200;
    return new Readable({
      read() {
        this.push(left-- > 0 ? CHUNK : null);
      },
    });
  }

  async function settle(): Promise<void> {
    for (let turns = 0; turns < 100; turns++) await turn();
  }

  test('is a copy of its own', () => {
    expect(Readable).not.toBe(Stream.Readable);
  });

  test('a branch that nobody reads stops the one that is read', async () => {
    const upload = source();
    upload.pipe(new PassThrough()).resume();
    upload.pipe(new PassThrough());
    await settle();
    stage.look({ isQuiet: true, times: 6 });
    expect(stage.messages).toEqual([expect.stringContaining('A reader of PassThrough waits for ever')]);
  });

  test('branches that are both read, however late, are not in the way', async () => {
    const upload = source();
    let size = 0;
    upload.pipe(new PassThrough()).on('data', (chunk: Buffer) => {
      size += chunk.length;
    });
    const late = upload.pipe(new PassThrough());
    await settle();
    stage.look({ isQuiet: true, times: 3 });
    late.resume();
    await settle();
    stage.look({ isQuiet: true, times: 20 });
    expect(stage.messages).toEqual([]);
    expect(size).toBe(200 * CHUNK.length);
  });

  test('a full stream that nobody waits for is left alone', async () => {
    source().pipe(new PassThrough());
    await settle();
    stage.look({ isQuiet: true, times: 20 });
    stage.look({ isLast: true });
    expect(stage.messages).toEqual([]);
  });
});
