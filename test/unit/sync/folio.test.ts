import { describe, expect, test } from 'vitest';
import { Folio, World } from '../../../src/sync/index.ts';
import { recorded } from '../../conformance/recorder.ts';

const code = (value: string) => expect.objectContaining({ code: value });

describe('Folio', () => {
  test('announces its wait always, asks when the bit is taken, answers when it is cleared', async () => {
    const recorder = await recorded(async () => {
      const world = new World();
      const folio = new Folio();
      world.task('X', async () => {
        await folio.lock();
        await world.sleep(1);
        folio.unlock();
      });
      world.task('Y', async () => {
        await folio.lock();
        folio.unlock();
      });
      expect((await world.run()).stuck).toEqual([]);
    });
    const map = 'pg_locked_map';
    expect(recorder.lines).toEqual([
      `X wait dept_page_wait_on_bit(${map})`,
      `X fired dept_page_wait_on_bit(${map})`,
      `X request ${map}`,
      `Y wait dept_page_wait_on_bit(${map})`,
      `Y blocked dept_page_wait_on_bit(${map})`,
      `X event dept_page_clear_bit(${map})`,
      `Y fired dept_page_wait_on_bit(${map})`,
      `Y wait dept_page_wait_on_bit(${map})`,
      `Y fired dept_page_wait_on_bit(${map})`,
      `Y request ${map}`,
      `Y event dept_page_clear_bit(${map})`,
    ]);
    expect(recorder.open.size).toBe(0);
  });

  test('all folios are one class, those of another use another one', async () => {
    await recorded(async (recorder) => {
      const world = new World();
      const folios = [new Folio({ label: 'f1' }), new Folio({ label: 'f2' }), new Folio({ usage: 'bdev' })];
      const classes: number[] = [];
      world.task('holder', async () => {
        for (const folio of folios) expect(folio.trylock()).toBe(true);
        await world.sleep(1);
        for (const wait of recorder.pending) classes.push(wait.object.classOf(0));
        for (const folio of folios) folio.unlock();
      });
      for (const folio of folios) world.task('waiter', () => folio.waitLocked());
      expect((await world.run()).stuck).toEqual([]);
      expect(classes[0]).toBe(classes[1]);
      expect(classes[0]).not.toBe(classes[2]);
    });
  });

  test('has no owner: another context may unlock it', async () => {
    const world = new World();
    const folio = new Folio();
    world.task('reads', async () => {
      await folio.lock();
      await folio.waitLocked();
      expect(world.now()).toBe(3);
    });
    world.timer(() => void world.softirq(() => folio.unlock()), 3);
    expect((await world.run()).stuck).toEqual([]);
  });

  test('is unfair, but a waiter that loses too often is handed the bit', async () => {
    const world = new World();
    const folio = new Folio();
    let waiterIn = -1;
    let stolen = 0;
    let round = 0;
    world.task('thief', async () => {
      await folio.lock();
      await world.yield();
      for (round = 1; round <= 20; round++) {
        folio.unlock();
        if (folio.trylock()) stolen++;
        else break;
        await world.yield();
      }
    });
    world.task('waiter', async () => {
      await folio.lock();
      waiterIn = round;
      folio.unlock();
    });
    expect((await world.run()).stuck).toEqual([]);
    expect(stolen).toBe(5);
    expect(waiterIn).toBe(6);
    expect(folio.isLocked).toBe(false);
  });

  test('a killed waiter leaves its wake-up to the next one', async () => {
    const world = new World();
    const folio = new Folio();
    const results: number[] = [];
    world.task('holder', async () => {
      await folio.lock();
      await world.sleep(1);
      folio.unlock();
      killed.interrupt();
    });
    const killed = world.task('killed', async () => {
      results.push(await folio.lockKillable());
      if (results[0] === 0) folio.unlock();
    });
    world.task('next', async () => {
      await folio.lock();
      folio.unlock();
    });
    expect((await world.run()).stuck).toEqual([]);
    expect(folio.isLocked).toBe(false);
  });

  test('writeback: started under the lock, ended by the I/O, waited for by anybody', async () => {
    const recorder = await recorded(async () => {
      const world = new World();
      const folio = new Folio();
      world.task('writer', async () => {
        expect(() => folio.startWriteback()).toThrow(code('ERR_DEPT_BAD_STATE'));
        await folio.lock();
        await folio.waitWriteback();
        folio.startWriteback();
        expect(() => folio.startWriteback()).toThrow(code('ERR_DEPT_BAD_STATE'));
        folio.unlock();
        await folio.waitWriteback();
        expect(world.now()).toBe(5);
        expect(folio.isWriteback).toBe(false);
      });
      world.timer(() => void world.softirq(() => folio.endWriteback(), 'end_io'), 5);
      expect((await world.run()).stuck).toEqual([]);
    });
    expect(recorder.of('end_io')).toEqual(['event dept_page_clear_bit(pg_writeback_map)']);
    expect(recorder.kinds).toEqual(['bad-writeback', 'bad-writeback']);
  });

  test('clearing a clear bit is a misuse', async () => {
    const recorder = await recorded(async () => {
      const folio = new Folio({ label: 'f' });
      expect(() => folio.unlock()).toThrow(code('ERR_DEPT_BAD_UNLOCK'));
      expect(() => folio.endWriteback()).toThrow(code('ERR_DEPT_BAD_UNLOCK'));
    });
    expect(recorder.kinds).toEqual(['bad-unlock', 'bad-unlock']);
  });
});
