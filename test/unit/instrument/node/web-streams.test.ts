import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../../../src/core/limits.ts';
import { Mutex } from '../../../../src/sync/user/mutex.ts';
import { NodeStage } from './node-stage.ts';

let stage: NodeStage;

beforeEach(() => {
  stage = new NodeStage();
});

afterEach(() => stage.end());

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const CHUNKS = 50;

function source(chunks = CHUNKS): ReadableStream<string> {
  let left = chunks;
  return new ReadableStream({
    pull(controller) {
      if (left-- > 0) controller.enqueue('chunk');
      else controller.close();
    },
  });
}

async function textOf(stream: ReadableStream<string>): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += chunk;
  return text;
}

async function settle(): Promise<void> {
  for (let turns = 0; turns < 50; turns++) await turn();
}

/** Starts what hangs or not, and looks at it as long as a quiet program is looked at. */
async function lookAt(run: () => Promise<unknown>): Promise<readonly string[]> {
  void run();
  await settle();
  stage.look({ isQuiet: true, times: 6 });
  return stage.messages;
}

describe('a stream that is written before somebody reads it', () => {
  test.each([
    [
      'write',
      async (stream: TransformStream) => {
        await stream.writable.getWriter().write('a');
      },
    ],
    [
      'ready',
      async (stream: TransformStream) => {
        const writer = stream.writable.getWriter();
        void writer.write('a');
        await writer.ready;
      },
    ],
    [
      'close',
      async (stream: TransformStream) => {
        const writer = stream.writable.getWriter();
        void writer.write('a');
        await writer.close();
      },
    ],
    [
      'pipeTo',
      async (stream: TransformStream) => {
        await source().pipeTo(stream.writable);
      },
    ],
  ])('stops whoever awaits its %s', async (label, fill) => {
    const stream = new TransformStream<string, string>();
    const messages = await lookAt(async function produce() {
      await fill(stream);
      await textOf(stream.readable);
    });
    expect(messages).toEqual([
      expect.stringMatching(
        new RegExp(`^DEPT003 \\S+ waits for ever in ${label} of TransformStream: .* its readable side is read`),
      ),
    ]);
    expect(stage.findings[0]?.openWaits[0]?.stack?.frames[0]?.file).toMatch(/web-streams\.test\.ts$/);
  });

  test('is told of once, and the end of the program adds nothing', async () => {
    await lookAt(() => new TransformStream().writable.getWriter().write('a'));
    await lookAt(async () => {
      await new TransformStream().writable.getWriter().write('a');
    });
    stage.look({ isLast: true });
    expect(stage.messages).toHaveLength(1);
    expect(stage.openWaits).toBe(0);
  });

  test('is told of once for each place, however often it is passed', async () => {
    const fill = async (): Promise<void> => {
      await new TransformStream().writable.getWriter().write('a');
    };
    for (let request = 0; request < 3; request++) await lookAt(fill);
    expect(stage.messages).toHaveLength(1);
  });

  test('is forgotten when it is given up with all that waits for it', async () => {
    const fill = async (): Promise<void> => {
      await new TransformStream().writable.getWriter().write('a');
    };
    for (let stream = 0; stream < 200; stream++) void fill();
    await settle();
    expect(stage.openWaits).toBe(200);
    // A weak reference lasts until the job in which it was read or made has ended.
    for (let round = 0; round < 5; round++) {
      collectGarbage();
      await settle();
      stage.look({});
    }
    // A class keeps some stacks of its waits, and a stack what its functions were called on.
    expect(stage.openWaits).toBeLessThanOrEqual(DEFAULT_LIMITS.maxStacksPerClass);
    expect(stage.messages).toEqual([]);
  });

  test('is known behind others, too', async () => {
    const [first, second] = [new TransformStream<string, string>(), new TextEncoderStream()];
    const messages = await lookAt(async () => {
      await source().pipeThrough(first).pipeTo(second.writable);
    });
    expect(messages).toEqual([expect.stringContaining('in pipeTo of TextEncoderStream: it cannot go on')]);
  });

  test('stops the one that feeds it', async () => {
    const [first, second] = [new TransformStream<string, string>(), new TextEncoderStream()];
    void first.readable.pipeTo(second.writable);
    const writer = first.writable.getWriter();
    const messages = await lookAt(async () => {
      for (let chunk = 0; chunk < CHUNKS; chunk++) await writer.write('a');
    });
    expect(messages).toEqual([expect.stringContaining('before the TextEncoderStream it feeds is read')]);
  });
});

describe('nothing is said', () => {
  test('when it is read meanwhile', async () => {
    const stream = new TransformStream<string, string>();
    const writer = stream.writable.getWriter();
    let text = '';
    const messages = await lookAt(async () => {
      const read = textOf(stream.readable);
      await writer.write('a');
      await writer.close();
      text = await read;
    });
    expect([messages, text]).toEqual([[], 'a']);
  });

  test('when it is read after a while', async () => {
    const stream = new TransformStream<string, string>();
    const written = stream.writable.getWriter().write('a');
    void (async () => await written)();
    await settle();
    stage.look({ isQuiet: true, times: 3 });
    await stream.readable.getReader().read();
    await settle();
    stage.look({ isQuiet: true, times: 10 });
    stage.look({ isLast: true });
    expect(stage.messages).toEqual([]);
    expect(stage.openWaits).toBe(0);
  });

  test('when nobody awaits what was written', async () => {
    const stream = new TransformStream<string, string>();
    const writer = stream.writable.getWriter();
    for (let chunk = 0; chunk < CHUNKS; chunk++) writer.write('a').catch(() => undefined);
    await settle();
    stage.look({ isQuiet: true, times: 20 });
    stage.look({ isLast: true });
    expect(stage.messages).toEqual([]);
  });

  test('when the stream has room for it', async () => {
    const stream = new TransformStream<string, string>({}, {}, { highWaterMark: 4 });
    expect(
      await lookAt(async () => {
        await stream.writable.getWriter().write('a');
      }),
    ).toEqual([]);
  });

  test('when the transforming itself takes long', async () => {
    const stream = new TransformStream<string, string>(
      { transform: () => new Promise(() => undefined) },
      {},
      { highWaterMark: 1 },
    );
    expect(
      await lookAt(async () => {
        await stream.writable.getWriter().write('a');
      }),
    ).toEqual([]);
  });

  test('when a pipe waits for a source that has nothing', async () => {
    const stream = new TransformStream<string, string>();
    const slow = new ReadableStream<string>({ pull: () => new Promise(() => undefined) });
    expect(
      await lookAt(async () => {
        await slow.pipeTo(stream.writable);
      }),
    ).toEqual([]);
  });

  test('when a sink of the program takes long', async () => {
    const slow = new WritableStream<string>({ write: () => new Promise(() => undefined) });
    expect(
      await lookAt(async () => {
        await slow.getWriter().write('a');
      }),
    ).toEqual([]);
  });
});

describe('branches of tee()', () => {
  test('the cancel of one waits for the other', async () => {
    const messages = await lookAt(async () => {
      const [kept, dropped] = source().tee();
      await dropped.cancel();
      await textOf(kept);
    });
    expect(messages).toEqual([expect.stringContaining('for the cancel of a branch of tee() or clone()')]);
  });

  test('so does the cancel by a reader of one that was read for a while', async () => {
    const messages = await lookAt(async () => {
      const [kept, dropped] = source().tee();
      const reader = dropped.getReader();
      await reader.read();
      await reader.cancel();
      await textOf(kept);
    });
    expect(messages).toEqual([expect.stringContaining('for the cancel of a branch of tee() or clone()')]);
  });

  // Before and after Node has loaded what makes responses.
  test.each(['first', 'later'])('the cancel of the body of the %s clone waits for the other body', async () => {
    const response = new Response(source(3).pipeThrough(new TextEncoderStream()));
    const messages = await lookAt(async () => {
      await response.clone().body?.cancel();
    });
    expect(messages).toEqual([expect.stringContaining('for the cancel of a branch')]);
  });

  test('not when both are cancelled, when the other one is read, or when nobody awaits it', async () => {
    const messages = await lookAt(async () => {
      const [first, second] = source().tee();
      await Promise.all([first.cancel(), second.cancel()]);
      const [kept, dropped] = source().tee();
      void dropped.cancel();
      expect(await textOf(kept)).toHaveLength(5 * CHUNKS);
      const [, given] = source().tee();
      given.cancel().catch(() => undefined);
      const reader = source().tee()[0].getReader();
      void reader.cancel();
      await source().getReader().cancel();
    });
    expect(messages).toEqual([]);
  });

  test('not while the source may still end', async () => {
    const silent = new ReadableStream<string>({ pull: () => new Promise(() => undefined) });
    const [, dropped] = silent.tee();
    expect(
      await lookAt(async () => {
        await dropped.cancel();
      }),
    ).toEqual([]);
  });

  test('reading one to its end before the other hangs nothing', async () => {
    const [first, second] = source().tee();
    const messages = await lookAt(async () => {
      await textOf(first);
      await textOf(second);
    });
    expect(messages).toEqual([]);
  });
});

test('who waits for a chunk to be taken has behind him what its transform has waited for', async () => {
  const [stock, ledger] = [new Mutex({ name: 'stock' }), new Mutex({ name: 'ledger' })];
  const transform = async (): Promise<void> => {
    await ledger.runExclusive(turn);
  };
  const stream = new TransformStream({ transform }, undefined, { highWaterMark: 4 });
  await stock.runExclusive(() => stream.writable.getWriter().write('a'));
  expect(stage.messages).toEqual([]);
  await ledger.runExclusive(() => stock.runExclusive(turn));
  expect(stage.findings.map(({ code, circle }) => [code, circle.length])).toEqual([['DEPT001', 2]]);
});
