import { expect, test } from 'vitest';
import { Respite } from '../../../instrument/process/respite.ts';

test('who was kept from running for a while is left alone for as long', () => {
  let now = 0;
  const respite = new Respite(() => now);
  const worked: number[] = [];
  const work = (ms: number) => (): void => {
    worked.push(now);
    now += ms;
  };
  for (const [at, ms] of [
    [0, 0],
    [250, 600],
    [851, 1],
    [1_449, 1],
    [1_450, 1],
    [1_700, 0],
  ] as const) {
    now = Math.max(now, at);
    respite.after(work(ms));
  }
  expect(worked).toEqual([0, 250, 1_450, 1_700]);
});
