// promise-chain-returned [hang] (node) - a task of a chain returns the promise of what stands behind it in the chain
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
const confirm = id => queue.run(`order:${id}`, async () => { await sleep(1); return deliver(id); });
async function main() { console.log('done', await confirm(3)); }
main().catch(console.error);
