// own-mutex-abba [hang] (node) - two features take two home-made mutexes in opposite order
class Mutex {
  #tail = Promise.resolve();
  acquire() { let release; const previous = this.#tail; this.#tail = new Promise(r => { release = r; }); return previous.then(() => release); }
  async run(fn) { const release = await this.acquire(); try { return await fn(); } finally { release(); } }
}
const stock = new Mutex(), orders = new Mutex();
const pause = () => new Promise(r => setTimeout(r, 2));
const buy = () => stock.run(async () => { await pause(); await orders.run(pause); });
const cancel = () => orders.run(async () => { await pause(); await stock.run(pause); });
async function main() {
  await Promise.all([buy(), cancel()]);
  console.log('done');
}
main();
