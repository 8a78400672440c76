import assert from 'node:assert/strict';
import { explore } from '../../../src/scenario/explore.ts';
import { type Fault, type TlbSystem, tlbSystem } from '../amdgpu/tlb-steps.ts';
import type { KernelCase } from './kernel-case.ts';

const RING_LOCK: TlbSystem = { roundTrip: true, lock: 'extern', reference: 'none', swap: false };
const INLINE_LOCK: TlbSystem = { ...RING_LOCK, lock: 'inline', reference: 'get_rcu_safe', swap: true };
/** Every search ends within so many states, and says that it looked at all of them. */
const MAX_STATES = 5_000;

function reachable(system: TlbSystem, fault: Fault): void {
  assert.equal(explore(tlbSystem(system, fault), { maxStates: MAX_STATES }).fault?.what, fault);
}

function unreachable(system: TlbSystem, fault: Fault): void {
  const exploration = explore(tlbSystem(system, fault), { maxStates: MAX_STATES });
  assert.deepEqual([exploration.fault, exploration.hang, exploration.complete], [null, null, true]);
}

export const TLB_CASES: readonly KernelCase[] = [
  {
    id: 'TLB-01',
    title: 'no_roundtrip: signaled seen, old number read',
    fixed: () => reachable({ ...RING_LOCK, roundTrip: false }, 'stale-seq'),
  },
  {
    id: 'TLB-02',
    title: 'roundtrip',
    fixed: () => unreachable(RING_LOCK, 'stale-seq'),
    before: () => reachable({ ...RING_LOCK, roundTrip: false }, 'stale-seq'),
  },
  {
    id: 'TLB-REF',
    title: 'the reader of an inline lock holds the fence',
    fixed: () => unreachable(INLINE_LOCK, 'use-after-free'),
    before: () => reachable({ ...INLINE_LOCK, reference: 'none' }, 'use-after-free'),
  },
  {
    id: 'TLB-NULL',
    title: 'a reference that cannot be had is asked for again',
    fixed: () => unreachable(INLINE_LOCK, 'null-fence'),
    before: () => reachable({ ...INLINE_LOCK, reference: 'get_rcu' }, 'null-fence'),
  },
];
