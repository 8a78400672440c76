// own-emitter-lock-abba [hang] (node) - two locks made of event emitters are taken in opposite order
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
const [cash, card] = [new Lock(), new Lock()];
async function transfer(from, to, amount) {
  await from.acquire();
  try {
    await pause();
    await to.acquire();
    try { await pause(); console.log('moved', amount); } finally { to.release(); }
  } finally { from.release(); }
}
Promise.all([transfer(cash, card, 1), transfer(card, cash, 2)]).then(() => console.log('done'));
