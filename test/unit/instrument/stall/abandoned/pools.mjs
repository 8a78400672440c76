import { createPool } from 'generic-pool';

/** As a module keeps its pool: one that nobody can reach any more is collected. */
const pools = [];

export function kept(pool) {
  pools.push(pool);
  return pool;
}

/** A pool of one connection, with what a program might ask of it. */
export function onlyOne() {
  return poolOf(1);
}

export function poolOf(max) {
  return kept(createPool({ create: async () => new Connection(), destroy: async () => undefined }, { max }));
}

class Connection {
  asked = [];
  query(text) {
    return text.length;
  }
  /** The answer comes to who is in the list. */
  ask(answer) {
    this.asked.push(answer);
  }
}

/** Somebody else waits for one. */
export function wait(pool) {
  const waiting = async () => pool.release(await pool.acquire());
  void waiting();
}

/** Long enough for whoever can take one. */
export async function turns() {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}
