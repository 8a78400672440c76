// Two children in another folder, each of which takes two locks in both orders.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Mutex } from 'async-mutex';

async function both() {
  const [stock, ledger] = [new Mutex(), new Mutex()];
  await stock.runExclusive(() => ledger.runExclusive(() => undefined));
  await ledger.runExclusive(() => stock.runExclusive(() => undefined));
}

if (process.argv[2] === 'child') {
  await both();
} else {
  const self = fileURLToPath(import.meta.url);
  const children = [1, 2].map(() => fork(self, ['child'], { cwd: dirname(self) }));
  await Promise.all(children.map((child) => once(child, 'exit')));
  console.log('ended well');
}
