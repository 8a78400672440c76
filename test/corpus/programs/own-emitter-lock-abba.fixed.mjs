// own-emitter-lock-abba [fixed] (node) - in one order
import { EventEmitter } from 'node:events';
class Lock {
  #isTaken = false;
  #events = new EventEmitter();
  acquire() {
    return new Promise((resolve) => {
      const attempt = () => {
        if (this.#isTaken) return;
        this.#isTaken = true;
        this.#events.removeListener('release', attempt);
        resolve();
      };
      this.#events.on('release', attempt);
      attempt();
    });
  }
  release() { this.#isTaken = false; setImmediate(() => this.#events.emit('release')); }
}
const pause = () => new Promise((resolve) => setTimeout(resolve, 2));
const account = (id) => ({ id, lock: new Lock() });
const [cash, card] = [account(1), account(2)];
async function transfer(from, to, amount) {
  const [first, second] = from.id < to.id ? [from, to] : [to, from];
  await first.lock.acquire();
  try {
    await pause();
    await second.lock.acquire();
    try { await pause(); console.log('moved', amount); } finally { second.lock.release(); }
  } finally { first.lock.release(); }
}
Promise.all([transfer(cash, card, 1), transfer(card, cash, 2)]).then(() => console.log('done'));
