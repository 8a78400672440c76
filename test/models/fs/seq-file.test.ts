import { describe, expect, test } from 'vitest';
import { SeqFile, type SeqOperations, type SeqPosition } from '../../../src/models/fs/seq-file.ts';
import { failSlab } from '../../../src/models/slab.ts';
import { E2BIG, EIO, ENOMEM } from '../../../src/sync/errno.ts';
import { inKernel } from '../stage.ts';

interface Item {
  readonly text: string;
  /** What `show` answers; 0 if not given. */
  readonly show?: number;
}

/** Walks an array by position, and notes each call. */
class Walk implements SeqOperations<Item> {
  readonly calls: string[] = [];
  readonly #items: readonly Item[];
  movesOn = true;
  nextError = 0;

  constructor(items: readonly Item[]) {
    this.#items = items;
  }

  start({ index }: SeqPosition): Item | null {
    this.calls.push(`start ${index}`);
    return this.#items[index] ?? null;
  }

  next(_item: Item, position: SeqPosition): Item | null | number {
    const next = this.#items[position.index + 1] ?? null;
    if (this.movesOn) position.index++;
    return this.nextError === 0 ? next : this.nextError;
  }

  stop(item: Item | null): void {
    this.calls.push(`stop ${item?.text ?? 'end'}`);
  }

  show(seq: SeqFile<Item>, { text, show = 0 }: Item): number {
    this.calls.push(`show ${text}`);
    seq.puts(text);
    return show;
  }
}

async function read(seq: SeqFile<Item>, chunk: number): Promise<string | number> {
  const buffer = new Uint8Array(chunk);
  const result = await seq.read(buffer);
  return result < 0 ? result : new TextDecoder().decode(buffer.subarray(0, result));
}

const items = (...texts: readonly string[]): Item[] => texts.map((text) => ({ text }));

describe('one read', () => {
  test('shows elements until the reader has enough, and stops with the one that is left', async () => {
    await inKernel(async () => {
      const walk = new Walk(items('aa', 'bb', 'cc'));
      const seq = new SeqFile(walk);
      expect(await read(seq, 3)).toBe('aab');
      expect(walk.calls).toEqual(['start 0', 'show aa', 'show bb', 'stop cc']);
      // First what is left of the text.
      expect([await read(seq, 3), await read(seq, 3)]).toEqual(['b', 'cc']);
      expect(walk.calls.slice(4)).toEqual(['start 2', 'show cc', 'stop end']);
    });
  });

  test('after the end starts nothing', async () => {
    await inKernel(async () => {
      const walk = new Walk(items('aa'));
      const seq = new SeqFile(walk);
      expect([await read(seq, 8), await read(seq, 8), await read(seq, 8)]).toEqual(['aa', '', '']);
      expect(walk.calls).toEqual(['start 0', 'show aa', 'stop end']);
    });
  });

  test('of nothing starts and stops once', async () => {
    await inKernel(async () => {
      const walk = new Walk([]);
      const seq = new SeqFile(walk);
      expect([await read(seq, 8), await read(seq, 8), walk.calls]).toEqual(['', '', ['start 0', 'stop end']]);
    });
  });

  test('leaves out what show wants to leave out, its text too', async () => {
    await inKernel(async () => {
      const seq = new SeqFile(new Walk([{ text: 'aa', show: 1 }, { text: 'bb' }, { text: 'cc', show: 1 }]));
      expect([await read(seq, 8), await read(seq, 8)]).toEqual(['bb', '']);
    });
  });
});

describe('the kernel buffer', () => {
  test('that is full ends the read, and the element is the first of the next one', async () => {
    await inKernel(async () => {
      const walk = new Walk(items('aaa', 'bbb', 'ccc'));
      const seq = new SeqFile(walk, 5);
      expect([await read(seq, 64), await read(seq, 64), await read(seq, 64)]).toEqual(['aaa', 'bbb', 'ccc']);
      expect(walk.calls.slice(0, 6)).toEqual(['start 0', 'show aaa', 'show bbb', 'stop bbb', 'start 1', 'show bbb']);
    });
  });

  test('that is too small for one element is -E2BIG, each time', async () => {
    await inKernel(async () => {
      const walk = new Walk(items('aa', 'bbbbbb'));
      const seq = new SeqFile(walk, 4);
      expect([await read(seq, 64), await read(seq, 64), await read(seq, 64)]).toEqual(['aa', -E2BIG, -E2BIG]);
      expect(walk.calls.slice(4)).toEqual([
        'start 1',
        'show bbbbbb',
        'stop bbbbbb',
        'start 1',
        'show bbbbbb',
        'stop bbbbbb',
      ]);
    });
  });

  test.each([
    [4, 'aaa'],
    [3, -E2BIG],
  ])('of %i bytes and a text of 3', async (size, result) => {
    await inKernel(async () => expect(await read(new SeqFile(new Walk(items('aaa')), size), 64)).toBe(result));
  });

  test('is had or not', async () => {
    await inKernel(async () => {
      const seq = new SeqFile(new Walk(items('aa')));
      failSlab((what) => what === 'bpf_seq_read');
      expect(await read(seq, 8)).toBe(-ENOMEM);
      failSlab(() => false);
      expect(await read(seq, 8)).toBe('aa');
    });
  });
});

describe('errors', () => {
  test('of start are answered', async () => {
    await inKernel(async () => {
      const walk = new Walk([]);
      const seq = new SeqFile<Item>({
        start: () => -EIO,
        next: () => null,
        stop: (item) => walk.stop(item),
        show: () => 0,
      });
      expect([await read(seq, 8), walk.calls]).toEqual([-EIO, ['stop end']]);
    });
  });

  test('of show are answered where there is no text before, and end the read where there is', async () => {
    await inKernel(async () => {
      const seq = new SeqFile(new Walk([{ text: 'aa' }, { text: 'bb', show: -EIO }, { text: 'cc' }]));
      expect([await read(seq, 8), await read(seq, 8), await read(seq, 8)]).toEqual(['aa', -EIO, -EIO]);
    });
  });

  test('of next are answered, and the text before them is for the read after', async () => {
    await inKernel(async () => {
      const walk = new Walk(items('aa', 'bb'));
      walk.nextError = -EIO;
      const seq = new SeqFile(walk);
      expect([await read(seq, 8), await read(seq, 8)]).toEqual([-EIO, 'aa']);
    });
  });

  test('a next that does not move on WARNs, and is moved on', async () => {
    const { messages } = await inKernel(async () => {
      const walk = new Walk(items('aa', 'bb'));
      walk.movesOn = false;
      const seq = new SeqFile(walk);
      expect(await read(seq, 8)).toBe('aabb');
    });
    expect(messages('warn').length).toBeGreaterThan(0);
  });
});

test('two readers take turns', async () => {
  await inKernel(async (world) => {
    const seq = new SeqFile(new Walk(items('aa', 'bb')));
    const texts: (string | number)[] = [];
    for (const name of ['one', 'two']) world.task(name, async () => void texts.push(await read(seq, 2)));
    await world.sleep(1);
    expect(texts).toEqual(['aa', 'bb']);
  });
});
