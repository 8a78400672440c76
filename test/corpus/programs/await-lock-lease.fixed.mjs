// await-lock-lease [fixed] (await-lock) - the timer gives it back
import AwaitLock from 'await-lock';

const lock = new AwaitLock();
const log = [];

async function lease(name) {
  await lock.acquireAsync();
  log.push(name);
  setTimeout(() => lock.release(), 1800);
}

async function nightly() {
  await lease('index');
  await lease('report');
}

await nightly();
console.log('done', log.join());
