import { expect, test } from 'vitest';
import { withNamesOf } from '../../../instrument/stacks/engine-names.ts';

test('each frame has the name of the engine and the place of who maps', () => {
  const unmapped = [
    '    at /app/dist/shop.js:9:1',
    '    at Shop.place (/app/dist/shop.js:5:3)',
    '    at async Object.<anonymous> (file:///app/a%20(1)/shop.js:7:3)',
  ];
  const mapped = [
    'Error: several',
    'lines',
    '    at runExclusive (/app/src/shop.ts:19:10)',
    '    at Shop.acquire [as place] (/app/src/shop.ts:11:38)',
    '    at Object.<anonymous> (/app/src (1)/shop.ts:17:30)',
  ];
  expect(withNamesOf(unmapped, mapped.join('\n')).split('\n')).toEqual([
    'Error: several',
    'lines',
    '    at /app/src/shop.ts:19:10',
    '    at Shop.place (/app/src/shop.ts:11:38)',
    '    at async Object.<anonymous> (/app/src (1)/shop.ts:17:30)',
  ]);
});

test('a stack that who prepares it has cut stays as it is', () => {
  const cut = 'Error\n    at a (/a.ts:1:1)';
  expect(withNamesOf(['    at a (/a.js:1:1)', '    at b (/a.js:2:1)'], cut)).toBe(cut);
});
