// Ends as mocha does: with the number of tests that have failed, which it tells when the process ends. 13 is the exit code
// of an unsettled await as well.
import { setTimeout } from 'node:timers/promises';

const failures = [];
for (let test = 0; test < 13; test += 1) failures.push(setTimeout(1, test));
process.on('exit', () => {
  process.exitCode = failures.length;
});
await Promise.all(failures);
