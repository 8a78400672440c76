import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { InlineMaps } from '../../../../instrument/heap/inline-maps.ts';

const path = resolve('compiled.js');
const url = pathToFileURL(path).href;
/** Its line 1, column 1 comes from line 3, column 5 of the source. */
const map = JSON.stringify({ version: 3, sources: ['written.ts'], names: [], mappings: 'AAEI' });
const origin = { path: resolve('written.ts'), line: 3, column: 5 };

test.each([
  ['base64', `data:application/json;charset=utf-8;base64,${Buffer.from(map).toString('base64')}`],
  ['percents', `data:application/json,${encodeURIComponent(map)}`],
])('a place is found in the source: %s', (_name, address) => {
  const maps = new InlineMaps();
  maps.add(url, address);
  expect(maps.originOf(url, 1, 1)).toEqual(origin);
});

test('a script may go by its path', () => {
  const maps = new InlineMaps();
  maps.add(path, `data:application/json,${encodeURIComponent(map)}`);
  expect(maps.originOf(path, 1, 1)).toEqual(origin);
});

test.each([
  ['no map', null],
  ['a map in another file', 'compiled.js.map'],
  ['what is none', 'data:application/json;base64,bm9uZQ=='],
])('nothing is known with %s', (_name, address) => {
  const maps = new InlineMaps();
  if (address !== null) maps.add(url, address);
  expect(maps.originOf(url, 1, 1)).toBeNull();
});
