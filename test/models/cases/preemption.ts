import assert from 'node:assert/strict';
import { DmaFence } from '../../../src/models/dma-buf/fence.ts';
import { PreemptibleRing, type RingJob } from '../../../src/models/drm/preemption.ts';
import { GPU_STATE_BYTES, PreemptionCost, type PreemptionOptions } from '../../../src/models/drm/preemption-cost.ts';
import { preemptionRows } from '../../../src/models/drm/preemption-table.ts';
import { ECANCELED, ETIME } from '../../../src/sync/errno.ts';
import { inKernel } from '../stage.ts';
import type { KernelCase } from './kernel-case.ts';

const OPS = { getDriverName: () => 'gpu', getTimelineName: () => 'ring' };
/** A boundary every 5 ms, one of them missing for 80 ms. */
const BOUNDARIES = [5_000, 10_000, 90_000, 95_000, 100_000];

export function ringJob(name: string, parts: Partial<RingJob> = {}): RingJob {
  return {
    name,
    client: { name },
    workUs: 10_000,
    stateBytes: GPU_STATE_BYTES,
    boundariesUs: 'none',
    fence: new DmaFence(OPS, null, 1, 1, { map: `fence_of_${name}` }),
    ...parts,
  };
}

/** Stops a ring at each of the given moments of a job. @returns the latencies in microseconds */
async function latencies(
  options: PreemptionOptions,
  job: Partial<RingJob>,
  atUs: readonly number[],
): Promise<number[]> {
  const seen: number[] = [];
  for (const at of atUs) {
    await inKernel(async (world) => {
      const ring = new PreemptibleRing(0, new PreemptionCost(options));
      const shader = ringJob('job', job);
      await ring.submit(shader);
      await world.sleep(at / 1000);
      const since = world.now();
      assert.equal(await ring.stop(), 0);
      seen.push((world.now() - since) * 1000);
      ring.start();
      assert.equal(await shader.fence.wait(false), 0);
      assert.equal(shader.fence.error, 0);
    });
  }
  return seen;
}

async function fine(): Promise<void> {
  const moments = [1, 2_500, 9_000];
  for (const workUs of [10_000, 80_000]) {
    for (const latency of await latencies({ granularity: 'instruction', fixedUs: 5 }, { workUs }, moments)) {
      assert.ok(Math.abs(latency - (GPU_STATE_BYTES / 50_000 + 5)) < 0.01, `${latency} us`);
    }
  }
}

async function coarse(): Promise<void> {
  const job = { workUs: 105_000, boundariesUs: BOUNDARIES };
  const seen = await latencies({ granularity: 'boundary' }, job, [1, 6_000, 10_001, 50_000, 92_000]);
  assert.ok(Math.abs((seen[2] ?? 0) - 79_999) < 0.01, `${seen[2]} us`);
  assert.ok(seen.every((latency) => latency <= 80_000));
  const cost = new PreemptionCost({ granularity: 'boundary' });
  assert.deepEqual([cost.maxStopLatencyUs(ringJob('job', job)), cost.saveUs(ringJob('job', job))], [80_000, 0]);
}

/** Only a timeout and a reset end it, and other clients' jobs go with it. */
async function endlessShader(): Promise<void> {
  await inKernel(async (world) => {
    const ring = new PreemptibleRing(0, new PreemptionCost({ granularity: 'boundary' }));
    const [endless, victim] = [ringJob('endless', { workUs: Number.POSITIVE_INFINITY }), ringJob('victim')];
    for (const job of [endless, victim]) await ring.submit(job);
    await world.sleep(5);
    assert.equal(await ring.stop(1_000), -ETIME);
    assert.equal(ring.state, 'hung');
    await ring.reset();
    assert.deepEqual([endless.fence.error, victim.fence.error, ring.state], [-ETIME, -ECANCELED, 'idle']);
    const again = ringJob('endless', { client: endless.client });
    await ring.submit(again);
    assert.equal(again.fence.error, -ECANCELED);
    const other = ringJob('other');
    await ring.submit(other);
    assert.deepEqual([await other.fence.wait(false), other.fence.error], [0, 0]);
  });
}

function sliceOverhead(): void {
  const rows = preemptionRows(ringJob('job'));
  const overheads = rows.map(({ fineOverhead }) => fineOverhead);
  assert.deepEqual(
    overheads,
    [...overheads].sort((a, b) => b - a),
    'overhead grows as slices shrink',
  );
  const oneMs = rows.find(({ sliceUs }) => sliceUs === 1_000);
  assert.equal(oneMs?.fineOverhead.toFixed(2), '0.67');
  assert.ok(rows.every(({ coarseOverhead }) => coarseOverhead === 0));
}

export const PREEMPTION_CASES: readonly KernelCase[] = [
  { id: 'PRE-01', title: 'preempt_fine', fixed: fine },
  { id: 'PRE-02', title: 'preempt_coarse', fixed: coarse },
  { id: 'PRE-03', title: 'endless_shader', fixed: endlessShader },
  { id: 'PRE-04', title: 'slice_overhead', fixed: sliceOverhead },
];
