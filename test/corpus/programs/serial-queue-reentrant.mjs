// serial-queue-reentrant [hang] (node) - a task of a home-made queue awaits another one of the same queue
import { setTimeout as sleep } from 'node:timers/promises';
class SerialQueue {
  #tail = Promise.resolve();
  add(fn) { const run = this.#tail.then(fn); this.#tail = run.catch(() => {}); return run; }
}
const writes = new SerialQueue();
const save = text => writes.add(() => sleep(1, text));
const rename = () => writes.add(async () => { await sleep(1); await save('renamed'); });
async function main() {
  await rename();
  console.log('done');
}
main();
