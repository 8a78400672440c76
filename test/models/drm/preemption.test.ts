import { expect, test } from 'vitest';
import { PreemptibleRing } from '../../../src/models/drm/preemption.ts';
import { AVX512_STATE_BYTES, PreemptionCost } from '../../../src/models/drm/preemption-cost.ts';
import { preemptionTable } from '../../../src/models/drm/preemption-table.ts';
import { PREEMPTION_CASES, ringJob } from '../cases/preemption.ts';
import { inKernel } from '../stage.ts';

const FINE = new PreemptionCost({ granularity: 'instruction' });
const COARSE = new PreemptionCost({ granularity: 'boundary' });
const ENDLESS = { workUs: Number.POSITIVE_INFINITY };

for (const { id, title, fixed } of PREEMPTION_CASES) test(`${id} ${title}`, () => fixed());

test('an endless shader that can be stopped anywhere is only slow', async () => {
  await inKernel(
    async (world) => {
      const ring = new PreemptibleRing(0, FINE);
      await ring.submit(ringJob('endless', ENDLESS));
      await world.sleep(5);
      expect(await ring.stop(1_000)).toBe(0);
      await ring.reset();
    },
    { mayHang: true },
  );
});

test('a reset that fails: every fence is signaled with an error all the same', async () => {
  await inKernel(async (world) => {
    const ring = new PreemptibleRing(0, COARSE);
    ring.resetFails = true;
    const jobs = [ringJob('endless', ENDLESS), ringJob('victim')];
    for (const job of jobs) await ring.submit(job);
    await world.sleep(1);
    await ring.stop(1_000);
    await ring.reset();
    const late = ringJob('late');
    await ring.submit(late);
    expect([...jobs, late].map(({ fence }) => [fence.testSignaledFlag(), fence.error])).toEqual([
      [true, -5],
      [true, -5],
      [true, -5],
    ]);
    expect(ring.state).toBe('wedged');
  });
});

test('the work that is left after a stop is what was left before it', async () => {
  await inKernel(async (world) => {
    const ring = new PreemptibleRing(0, FINE);
    const job = ringJob('job', { workUs: 10_000 });
    await ring.submit(job);
    for (let i = 0; i < 3; i++) {
      await world.sleep(1);
      await ring.stop();
      await world.sleep(7);
      ring.start();
    }
    await job.fence.wait(false);
    const saved = 3 * (FINE.saveUs(job) + FINE.restoreUs(job));
    // The first millisecond after a start goes into restoring in part.
    expect(world.now()).toBeCloseTo(10 + 3 * 7 + saved / 1000, 6);
  });
});

test('a shader that waits for a ring that is stopped for it: a circle', async () => {
  const { circles, stuck } = await inKernel(
    async (world) => {
      const [first, second] = [new PreemptibleRing(0, COARSE), new PreemptibleRing(1, COARSE)];
      const producer = ringJob('producer', { boundariesUs: [1_000, 2_000] });
      await first.submit(producer);
      await second.submit(ringJob('consumer', { waitsFor: producer.fence }));
      await world.sleep(0.5);
      await first.stop();
      await second.stop();
      first.start();
    },
    { mayHang: true },
  );
  expect(stuck).toEqual(['test', 'ring0', 'ring1']);
  expect(circles()).toEqual(['fence_of_producer ring0_start ring1_boundary']);
});

test('the state of a processor costs nothing next to that of a GPU', () => {
  const processor = ringJob('avx512', { stateBytes: AVX512_STATE_BYTES });
  expect(FINE.saveUs(processor)).toBeCloseTo(0.054, 3);
  expect(FINE.saveUs(ringJob('gpu'))).toBeCloseTo(335.5, 1);
});

test('the table', () => {
  const table = preemptionTable(
    ringJob('job', { workUs: 105_000, boundariesUs: [5_000, 10_000, 90_000] }),
    [1_000, 50_000],
  );
  expect(table.split('\n')).toEqual([
    '    slice  fine latency  fine overhead  coarse latency  coarse overhead',
    ' 1.000 ms      0.336 ms         67.1 %       80.000 ms            0.0 %',
    '50.000 ms      0.336 ms          1.3 %       80.000 ms            0.0 %',
    '',
    'Saving and restoring is a tenth of a slice of 6.711 ms.',
  ]);
});
