// Work in a chain of promises; a task that returns the promise of what stands behind it in the chain waits for itself.
import { setTimeout as sleep } from 'node:timers/promises';

let tail = Promise.resolve();
function inTurn(task) {
  tail = tail.then(task);
  return tail;
}

async function save() {
  await sleep(1);
  return 'saved';
}

async function main([how]) {
  const saved = await inTurn(async () => {
    await sleep(1);
    return how === 'fixed' ? save() : inTurn(save);
  });
  console.log('done', saved);
}
main(process.argv.slice(2));
