import { describe, expect, test } from 'vitest';
import { explore } from '../../../src/scenario/explore.ts';
import { type ChangeHandleSystem, changeHandleSystem, type Ioctl } from './change-handle-steps.ts';

/** No search may need more states than this; each says so when it looked at all of them. */
const BOUND = 20_000;

const CHANGE: Ioctl = { op: 'change', from: 1, to: 77 };
const OTHER: Ioctl = { op: 'change', from: 1, to: 78 };
const BACK: Ioctl = { op: 'change', from: 77, to: 1 };
const CLOSE: Ioctl = { op: 'close', handle: 1 };
const CLOSE_NEW: Ioctl = { op: 'close', handle: 77 };

function search(version: ChangeHandleSystem['version'], ...ioctls: readonly Ioctl[]) {
  const { fault, hang, complete, states } = explore(changeHandleSystem({ version, ioctls }), { maxStates: BOUND });
  expect(hang).toBeNull();
  if (fault === null) expect(complete).toBe(true);
  return { fault: fault?.what ?? null, order: fault?.order ?? [], states };
}

describe('GEM_CHANGE_HANDLE against GEM_CLOSE of the old handle', () => {
  test('before the attempts to fix it: the close comes between, and the new handle has a freed object', () => {
    const { fault, order } = search('v1', CHANGE, CLOSE);
    expect(fault).toBe('use-after-free');
    expect(order.filter((move, at) => move !== order[at - 1]).length).toBeGreaterThan(2);
  });

  test('the first attempt leaks also without any race', () => {
    expect(search('v3', CHANGE)).toMatchObject({ fault: 'leak', order: Array(7).fill('change 1 to 77') });
  });

  test.each(['v2', 'v4', 'v5'] as const)('%s alone is right, and wrong as soon as a close comes', (version) => {
    expect(search(version, CHANGE).fault).toBeNull();
    expect(search(version, CHANGE, CLOSE).fault).toBe('use-after-free');
  });

  test.each<[string, readonly Ioctl[]]>([
    ['a close of the old handle', [CHANGE, CLOSE]],
    ['a close of the new handle', [CHANGE, CLOSE_NEW]],
    ['both', [CHANGE, CLOSE, CLOSE_NEW]],
    ['another change', [CHANGE, OTHER]],
    ['the change back', [CHANGE, BACK]],
    ['another change, and a close', [CHANGE, OTHER, CLOSE]],
    ['two changes and two closes', [CHANGE, BACK, CLOSE, CLOSE_NEW]],
  ])('v6 against %s is right in every state', (_name, ioctls) => {
    const { fault, states } = search('v6', ...ioctls);
    expect(fault).toBeNull();
    expect(states).toBeGreaterThan(10);
  });

  test('two changes of one handle: two handles, and one of them counted', () => {
    expect(search('v2', CHANGE, OTHER).fault).toBe('miscount');
    expect(search('v6', CHANGE, OTHER).fault).toBeNull();
  });
});
