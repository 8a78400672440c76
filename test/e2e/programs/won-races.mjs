// Each test of node:test wins a race against its time limit, which stays pending for ever.
import test from 'node:test';

test('waits', async () => {
  await Promise.resolve();
});
test('calls back', (_, done) => {
  setImmediate(done);
});
