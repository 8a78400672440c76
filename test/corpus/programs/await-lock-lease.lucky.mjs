// await-lock-lease [lucky] (await-lock) - the lease is given back
import AwaitLock from 'await-lock';

const lock = new AwaitLock();
const log = [];

async function lease(name) {
  await lock.acquireAsync();
  log.push(name);
  setTimeout(() => log.push(`${name} is late`), 1800);
}

async function nightly() {
  await lease('index');
  lock.release();
}

await nightly();
console.log('done', log.join());
