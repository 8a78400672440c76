// promise-chain-returned [fixed] (node) - the task does not return it
import { setTimeout as sleep } from 'node:timers/promises';
class KeyedQueue {
  queues = {};
  run(key, task) {
    const previous = this.queues[key] ?? Promise.resolve();
    const current = previous.catch(() => {}).then(task);
    this.queues[key] = current;
    return current;
  }
}
const queue = new KeyedQueue();
const deliver = id => queue.run(`order:${id}`, async () => { await sleep(1); return id; });
const confirm = async id => { await queue.run(`order:${id}`, () => sleep(1)); return deliver(id); };
async function main() { console.log('done', await confirm(3)); }
main().catch(console.error);
