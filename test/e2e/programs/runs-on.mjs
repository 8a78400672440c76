// Takes two locks in two orders, says so when its recording is there, and runs until it is killed.
import { existsSync } from 'node:fs';
import { Mutex } from 'async-mutex';

const stock = new Mutex();
const ledger = new Mutex();

await stock.runExclusive(() => ledger.runExclusive(async () => undefined));
await ledger.runExclusive(() => stock.runExclusive(async () => undefined));
setInterval(() => {
  if (existsSync(process.env.DEPT_RECORD)) console.log('recorded');
}, 5);
