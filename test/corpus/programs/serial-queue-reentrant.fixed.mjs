// serial-queue-reentrant [fixed] (node) - the second is awaited after the first
import { setTimeout as sleep } from 'node:timers/promises';
class SerialQueue {
  #tail = Promise.resolve();
  add(fn) { const run = this.#tail.then(fn); this.#tail = run.catch(() => {}); return run; }
}
const writes = new SerialQueue();
const save = text => writes.add(() => sleep(1, text));
const rename = async () => { await writes.add(() => sleep(1)); await save('renamed'); };
async function main() {
  await rename();
  console.log('done');
}
main();
