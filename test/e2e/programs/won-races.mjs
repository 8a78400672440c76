// Each test of node:test wins a race against its time limit, which stays pending for ever; so does what a given one makes of it.
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

test('waits', async () => {
  await Promise.resolve();
});
test('calls back', (_, done) => {
  setImmediate(done);
});
test('has a limit of its own', { timeout: 60_000 }, async () => {
  await Promise.resolve();
});
test('gives up in time', async () => {
  const limit = sleep(60_000, undefined, { ref: false }).then(() => Promise.reject(new Error('too late')));
  await Promise.race([Promise.resolve(), limit]);
});
