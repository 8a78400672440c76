import { expect, test } from 'vitest';
import { blockingOf, producedBy } from '../../../../instrument/libraries/redis-commands.ts';

const command = (line: string): { name: string; args: string[] } => {
  const [name = '', ...args] = line.split(' ');
  return { name, args };
};

test.each([
  ['blpop jobs 0', 'list', ['jobs'], null],
  ['BRPOP a b 0.5', 'list', ['a', 'b'], 500],
  ['brpoplpush from to 2', 'list', ['from'], 2000],
  ['blmove from to LEFT RIGHT 0', 'list', ['from'], null],
  ['blmpop 3 2 a b LEFT COUNT 10', 'list', ['a', 'b'], 3000],
  ['bzpopmin scores 0', 'zset', ['scores'], null],
  ['bzmpop 0 1 scores MIN', 'zset', ['scores'], null],
  ['xread COUNT 2 BLOCK 0 STREAMS s t 0 0', 'stream', ['s', 't'], null],
  ['xreadgroup GROUP g c BLOCK 100 STREAMS s >', 'stream', ['s'], 100],
])('%s blocks', (line, kind, keys, timeoutMs) => {
  expect(blockingOf(command(line))).toEqual({ kind, keys, timeoutMs });
});

test.each(['xread COUNT 2 STREAMS s 0', 'lpop jobs', 'get key', 'wait 1 0'])('%s does not block for a key', (line) => {
  expect(blockingOf(command(line))).toBeNull();
});

test.each([
  ['rpush jobs 1', 'jobs'],
  ['LPUSH jobs 1', 'jobs'],
  ['rpoplpush from to', 'to'],
  ['lmove from to LEFT RIGHT', 'to'],
  ['zadd scores 1 a', 'scores'],
  ['xadd s * a 1', 's'],
  ['get key', null],
])('%s produces', (line, key) => {
  expect(producedBy(command(line))).toBe(key);
});
