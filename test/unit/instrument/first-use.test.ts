import { expect, test } from 'vitest';
import { receiverAt } from '../../../instrument/first-use.ts';

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
