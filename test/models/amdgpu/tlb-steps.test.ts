import { describe, expect, test } from 'vitest';
import { explore } from '../../../src/scenario/explore.ts';
import { type Fault, type TlbSystem, tlbSystem } from './tlb-steps.ts';

/** No search may need more states than this; each says so when it looked at all of them. */
const BOUND = 5_000;

function search(
  system: TlbSystem,
  fault: Fault,
): { readonly found: readonly string[] | null; readonly states: number } {
  const exploration = explore(tlbSystem(system, fault), { maxStates: BOUND });
  if (exploration.fault === null) expect(exploration.complete).toBe(true);
  expect(exploration.hang).toBeNull();
  return { found: exploration.fault?.order ?? null, states: exploration.states };
}

const OLD: TlbSystem = { roundTrip: true, lock: 'extern', reference: 'none', swap: false };

describe('the sequence number after a fence is seen as signaled', () => {
  test('without the lock round trip the old one can be read, in the fewest steps between flag and callback', () => {
    const { found } = search({ ...OLD, roundTrip: false }, 'stale-seq');
    expect(found).toEqual(['signaler', 'signaler', 'reader', 'reader']);
  });

  test.each([
    ['the lock of the ring', OLD],
    ['the lock of the ring, the fence replaced meanwhile', { ...OLD, swap: true }],
    ['an inline lock', { ...OLD, lock: 'inline', reference: 'get_rcu_safe' }],
  ] as const)('with the round trip over %s it cannot', (_name, system) => {
    const { found, states } = search(system, 'stale-seq');
    expect(found).toBeNull();
    expect(states).toBeGreaterThan(20);
  });

  // Our own finding: the lock in the newer fence says nothing about the callbacks of the older one.
  test('with inline locks it can again once last_tlb_flush was replaced before the older fence ran its callback', () => {
    const { found } = search({ ...OLD, lock: 'inline', reference: 'get_rcu_safe', swap: true }, 'stale-seq');
    expect(found).toContain('updater');
  });
});

describe('the memory of the fence', () => {
  test('with an inline lock and no reference the reader can spin on a freed lock', () => {
    const { found } = search({ ...OLD, lock: 'inline', swap: true }, 'use-after-free');
    expect(found).toContain('grace-period');
  });

  test.each([
    ['the lock of the ring is not freed', { ...OLD, swap: true }],
    ['the slot keeps the fence', { ...OLD, lock: 'inline' }],
    ['the reader keeps it', { ...OLD, lock: 'inline', reference: 'get_rcu', swap: true }],
    ['the reader keeps it, and tries again', { ...OLD, lock: 'inline', reference: 'get_rcu_safe', swap: true }],
  ] as const)('no use after free: %s', (_name, system) => {
    expect(search(system, 'use-after-free').found).toBeNull();
  });

  test('dma_fence_get_rcu() alone can find a count of zero, and NULL has no lock; get_rcu_safe() tries again', () => {
    const system: TlbSystem = { ...OLD, lock: 'inline', reference: 'get_rcu', swap: true };
    expect(search(system, 'null-fence').found).not.toBeNull();
    expect(search({ ...system, reference: 'get_rcu_safe' }, 'null-fence').found).toBeNull();
  });
});
