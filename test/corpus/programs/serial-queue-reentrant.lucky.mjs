// serial-queue-reentrant [lucky] (node) - the two tasks are in two queues
import { setTimeout as sleep } from 'node:timers/promises';
class SerialQueue {
  #tail = Promise.resolve();
  add(fn) { const run = this.#tail.then(fn); this.#tail = run.catch(() => {}); return run; }
}
const writes = new SerialQueue();
const other = new SerialQueue();
const save = text => writes.add(() => sleep(1, text));
const rename = () => other.add(async () => { await sleep(1); await save('renamed'); });
const undo = () => writes.add(async () => { await other.add(() => sleep(1)); });
async function main() {
  await rename();
  await undo();
  console.log('done');
}
main();
