import { describe, expect, test } from 'vitest';
import { DeptError } from '../../../src/core/dept-error.ts';
import { AmdgpuVm, type TlbFixes } from '../../../src/models/amdgpu/tlb.ts';
import { DmaFence } from '../../../src/models/dma-buf/fence.ts';
import { DmaFenceFlag } from '../../../src/models/dma-buf/fence-ops.ts';
import { SpinLock } from '../../../src/sync/spinlock.ts';
import { exploreWorld } from '../explore-world.ts';

const OPS = { getDriverName: () => 'amdgpu', getTimelineName: () => 'sdma0' };
/** Every schedule within these is run; a test whose program has more of them fails. */
const BOUNDS = { preemptions: 2, maxSchedules: 20_000 };

interface Setup {
  readonly fixes?: Partial<TlbFixes>;
  readonly inline?: boolean;
  readonly swap?: boolean;
}

/** What every schedule of a signaler, a reader and an update ends with. */
async function outcomes({ fixes = {}, inline = false, swap = false }: Setup): Promise<ReadonlySet<string>> {
  const seen = new Set<string>();
  const { complete, hang } = await exploreWorld((world) => {
    const ring = inline ? null : new SpinLock({ name: 'ring.lock' });
    let result = 'the reader did not end';
    world.task('setup', async () => {
      const fence = new DmaFence(OPS, ring, 1, 1);
      const vm = new AmdgpuVm(fence.get(), fixes);
      // The update is on its way before the race begins.
      await vm.update(fence);
      world.task('signaler', async () => {
        await fence.signal();
        await fence.put();
      });
      world.task('reader', async () => {
        const signaled = fence.testFlag(DmaFenceFlag.SIGNALED);
        result = `signaled=${signaled} seq=${await vm.tlbSeq().catch(codeOf)}`;
      });
      if (swap) world.task('update', () => vm.update(new DmaFence(OPS, ring, 1, 2)));
    });
    return () => {
      seen.add(result.includes('ERR_') ? result.slice(result.indexOf('ERR_')) : result);
      return null;
    };
  }, BOUNDS);
  expect([complete, hang]).toEqual([true, null]);
  return seen;
}

function codeOf(error: unknown): string {
  if (error instanceof DeptError) return error.code;
  throw error;
}

const STALE = 'signaled=true seq=0';

describe('amdgpu_vm_tlb_seq, under every schedule with two preemptions', () => {
  test('without the lock round trip a signaled update can be missing', async () => {
    expect([...(await outcomes({ fixes: { roundTrip: false } }))].sort()).toEqual([
      'signaled=false seq=0',
      'signaled=false seq=1',
      STALE,
      'signaled=true seq=1',
    ]);
  });

  test.each([false, true])('with it none is missing; inline lock: %s', async (inline) => {
    const seen = await outcomes({ inline });
    expect(seen).toContain('signaled=true seq=1');
    expect(seen).not.toContain(STALE);
  });

  const CRASHES = ['ERR_DEPT_USE_AFTER_FREE', 'ERR_DEPT_BUG'];

  test.each([
    ['the reader can spin on a freed inline lock', { reference: false }, true, 'ERR_DEPT_USE_AFTER_FREE'],
    ['a single get_rcu can find nothing', { retries: false }, true, 'ERR_DEPT_BUG'],
    ['the lock of a ring is not freed', { reference: false }, false, null],
    ['the reader keeps the fence', {}, true, null],
  ] as const)('the fence is replaced meanwhile: %s', async (_what, fixes, inline, crash) => {
    const seen = await outcomes({ fixes, inline, swap: true });
    expect(CRASHES.filter((code) => seen.has(code))).toEqual(crash === null ? [] : [crash]);
    if (!inline) expect(seen).not.toContain(STALE);
  });

  // As the steps show too: the lock in the newer fence says nothing about callbacks of the older one.
  test('with inline locks the number can be stale again when the fence was replaced before its callback ran', async () => {
    expect(await outcomes({ inline: true, swap: true })).toContain(STALE);
  });
});
