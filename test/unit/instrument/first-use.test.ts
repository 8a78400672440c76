import { expect, test } from 'vitest';
import { ownerAt, receiverAt } from '../../../instrument/first-use.ts';

const METHODS = ['acquire', 'runExclusive'];

/** The receiver of the call that `^` points at. */
function receiver(line: string, pointer: string): string | null {
  return receiverAt(line, pointer.indexOf('^') + 1, METHODS);
}

test.each([
  ['await stock.acquire();', '            ^', 'stock'],
  ['await this.lock.runExclusive(f);', '                ^', 'this.lock'],
  ['await locks[i]?.acquire();', '                ^', 'locks[i]'],
  ['await a.runExclusive(() => b.acquire());', '                             ^', 'b'],
  ['await a.runExclusive(() => b.acquire());', '        ^', 'a'],
  ['releases.push(await this.#of(id).acquire());', '                                 ^', 'this.#of(id)'],
  ['return locks.get(keyOf(user))!.runExclusive(work);', '                               ^', 'locks.get(keyOf(user))'],
  ['await a.runExclusive(() => pick(b).acquire());', '                                   ^', 'pick(b)'],
])('%s', (line, pointer, name) => {
  expect(receiver(line, pointer)).toBe(name);
});

test('a call on something in brackets is not given the name of a neighbour', () => {
  expect(
    receiver('await a.runExclusive(() => (b ?? c).acquire());', '                                    ^'),
  ).toBeNull();
});

test('a column beside every call takes the nearest call before it', () => {
  expect(receiver('await stock.acquire();', '      ^')).toBe('stock');
});

test.each([
  ['return db.transaction(save);', '          ^', 'db'],
  ["const row = await this.db.selectFrom('stock').where('sku', '=', sku).execute();", 'execute', 'this.db'],
  ['await app.models!.user.create(row);', 'create', 'app.models.user'],
  ['await sources[0].query(text);', 'query', 'sources'],
  ["await this.db.schema.dropTable('stock').execute();", '^', 'this.db.schema'],
  ['await all(tasks);', '^', null],
  ['await made;', '^', null],
  ['return this.query(text);', 'query', null],
  ['await connect().query(text);', 'query', null],
  ['await query(text);', 'query', null],
  ['  .execute();', 'execute', null],
])('what %s is asked of', (line, at, owner) => {
  const column = at.includes('^') ? at.indexOf('^') + 1 : line.lastIndexOf(`${at}(`) + 1;
  expect(ownerAt(line, column)).toBe(owner);
});
