// await-lock-lease [hang] (await-lock) - the timer of a lease only warns, and its taker asks again
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
  await lease('report');
}

await nightly();
console.log('done', log.join());
