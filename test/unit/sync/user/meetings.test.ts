import { describe, expect, test } from 'vitest';
import { Barrier, Completion, TimeoutError, World } from '../../../../src/sync/index.ts';
import { recorded } from '../../../conformance/recorder.ts';

describe('Completion', () => {
  test('gives its value to those who wait and to those who come later', async () => {
    const recorder = await recorded(async () => {
      const world = new World();
      const done = new Completion<number>({ name: 'C' });
      const got: number[] = [];
      world.task('early', async () => void got.push(await done.wait()));
      world.task('producer', () => done.complete(7));
      world.task('late', async () => void got.push(await done.wait()));
      expect((await world.run()).stuck).toEqual([]);
      expect(got).toEqual([7, 7]);
    });
    expect(recorder.lines).toEqual([
      'early wait wait_for_completion(C)',
      'early request C',
      'early blocked wait_for_completion(C)',
      'producer event complete(C)',
      'early fired wait_for_completion(C)',
      'late wait wait_for_completion(C)',
      'late fired wait_for_completion(C)',
    ]);
  });

  test('fails everybody, and an error nobody waits for stays quiet', async () => {
    const done = new Completion({ name: 'C' });
    const early = done.wait();
    done.fail(new Error('no'));
    await expect(early).rejects.toThrow('no');
    await expect(done.wait()).rejects.toThrow('no');
  });

  test('is completed once, until it is reset', async () => {
    const recorder = await recorded(async () => {
      const done = new Completion<string>({ name: 'C' });
      done.complete('a');
      expect(() => done.complete('b')).toThrow(expect.objectContaining({ code: 'ERR_DEPT_ALREADY_DONE' }));
      done.reset();
      expect(done.isDone).toBe(false);
      const waiting = done.wait();
      expect(() => done.reset()).toThrow(expect.objectContaining({ code: 'ERR_DEPT_BUSY' }));
      done.complete('c');
      expect(await waiting).toBe('c');
    });
    expect(recorder.kinds).toEqual(['already-done', 'reinit']);
  });

  test('gives up after a timeout or an abort', async () => {
    const recorder = await recorded(async () => {
      const world = new World();
      const done = new Completion({ name: 'C' });
      const abort = new AbortController();
      world.task('timed', () => expect(done.wait({ timeoutMs: 5 })).rejects.toBeInstanceOf(TimeoutError));
      world.task('aborted', () => expect(done.wait({ signal: abort.signal })).rejects.toBe('why'));
      world.task('aborter', () => abort.abort('why'));
      expect((await world.run()).stuck).toEqual([]);
      expect(done.waiting).toBe(0);
      await expect(done.wait({ timeoutMs: 0 })).rejects.toBeInstanceOf(TimeoutError);
      await expect(done.wait({ signal: AbortSignal.abort('late') })).rejects.toBe('late');
    });
    expect(recorder.pending.size).toBe(0);
    expect(recorder.lines).toContain('timed timed-out wait_for_completion(C)');
    expect(recorder.lines).toContain('aborted cancelled wait_for_completion(C)');
  });
});

describe('Barrier', () => {
  test('lets nobody go on before all have come, round after round', async () => {
    const world = new World({ seed: 3 });
    const barrier = new Barrier(3, { name: 'B' });
    const lines: string[] = [];
    for (const name of ['a', 'b', 'c']) {
      world.task(name, async () => {
        for (let round = 0; round < 3; round++) {
          lines.push(`arrives ${round}`);
          await barrier.wait();
          lines.push(`leaves ${round}`);
        }
      });
    }
    expect((await world.run()).stuck).toEqual([]);
    for (let round = 0; round < 3; round++) {
      expect(lines.lastIndexOf(`arrives ${round}`)).toBeLessThan(lines.indexOf(`leaves ${round}`));
    }
  });

  test('tells the order of arrival, and the last one makes the event', async () => {
    const recorder = await recorded(async () => {
      const world = new World();
      const barrier = new Barrier(2, { name: 'B' });
      const orders: number[] = [];
      for (const name of ['a', 'b']) world.task(name, async () => void orders.push(await barrier.wait()));
      await world.run();
      expect(orders).toEqual([1, 0]);
    });
    expect(recorder.of('b')).toEqual(['wait barrier_wait(B)', 'event barrier_last(B)', 'fired barrier_wait(B)']);
    expect(recorder.pending.size).toBe(0);
  });

  test('a party that gives up breaks its round, not the next one', async () => {
    const world = new World();
    const barrier = new Barrier(3, { name: 'B' });
    const results: unknown[] = [];
    const note = (error: { code?: string }) => void results.push(error.code);
    world.task('patient', () => barrier.wait().then(undefined, note) as Promise<void>);
    world.task('hasty', () => barrier.wait({ timeoutMs: 5 }).then(undefined, note) as Promise<void>);
    await world.run();
    expect(results).toEqual(['ERR_DEPT_TIMEOUT', 'ERR_DEPT_BROKEN']);
    for (const name of ['a', 'b', 'c']) world.task(name, async () => void (await barrier.wait()));
    expect((await world.run()).stuck).toEqual([]);
  });

  test('a barrier of one never waits; of none there is no such thing', async () => {
    expect(await new Barrier(1).wait()).toBe(0);
    expect(() => new Barrier(0)).toThrow(expect.objectContaining({ code: 'ERR_DEPT_BAD_OPTION' }));
  });
});
