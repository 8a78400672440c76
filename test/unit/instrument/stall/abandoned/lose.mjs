// Programs in which nobody can give back any more what somebody waits for. Each stands when it has returned and a few turns are over.
import { EventEmitter } from 'node:events';
import { createPool } from 'generic-pool';
import { kept, onlyOne, poolOf, turns } from './pools.mjs';

/** Who has taken it returns too early. */
export async function earlyReturn() {
  const pool = onlyOne();
  async function report(id) {
    const connection = await pool.acquire();
    if (id < 0) return null;
    await pool.release(connection);
    return id;
  }
  await report(-1);
  void report(1);
}

/** An error skips what gives it back. */
export async function afterAnError() {
  const pool = onlyOne();
  async function save(what) {
    const connection = await pool.acquire();
    connection.query(what.text);
    await pool.release(connection);
  }
  await save(null).catch(() => undefined);
  void save({ text: 'one' });
}

/** Both connections are lost, one after the other. */
export async function oneByOne() {
  const pool = poolOf(2);
  const take = async () => void (await pool.acquire());
  await take();
  await take();
  void take();
}

/** Who has it waits for an event of an emitter that nobody has any more. */
export async function neverSettled() {
  const pool = onlyOne();
  async function copy() {
    const connection = await pool.acquire();
    await new Promise((resolve) => new EventEmitter().once('end', resolve));
    await pool.release(connection);
  }
  async function other() {
    await pool.release(await pool.acquire());
  }
  void copy();
  await turns();
  void other();
}

/** The program only listens to it for errors. */
export async function withErrorsHeard() {
  const create = async () => {
    const connection = new EventEmitter();
    connection.on('error', (error) => console.error(error.message));
    return connection;
  };
  const pool = kept(createPool({ create, destroy: async () => undefined }, { max: 1 }));
  const take = async () => void (await pool.acquire());
  await take();
  void take();
}
