// Two locks in two orders, one after the other, in a program that has taken what Node has put into its globals.
import { setTimeout as sleep } from 'node:timers/promises';
import { Mutex } from 'async-mutex';

const { argv, stdout } = process;
globalThis.process = {};
delete globalThis.SharedArrayBuffer;
const stock = new Mutex();
const ledger = new Mutex();

async function nested(outer, inner) {
  const release = await outer.acquire();
  await sleep(1);
  await inner.runExclusive(() => undefined);
  release();
}

await nested(stock, ledger);
if (argv[2] === 'fixed') await nested(stock, ledger);
else await nested(ledger, stock);
stdout.write('ended well\n');
