// own-lock-unlocker-abba [fixed] (node) - one order
class Lock {
  #last = null;
  async lock() {
    const before = this.#last;
    let release;
    this.#last = new Promise((resolve) => { release = resolve; });
    await before;
    return release;
  }
  hold(task) { return during(this.lock(), task); }
}
async function during(turn, task) {
  const release = await turn;
  try { return await task(); } finally { release(); }
}
const seats = new Lock(), prices = new Lock();
const pause = () => new Promise((resolve) => setTimeout(resolve, 2));
const book = () => seats.hold(async () => { await pause(); await prices.hold(pause); });
const reprice = () => seats.hold(async () => { await pause(); await prices.hold(pause); });
await Promise.all([book(), reprice()]);
console.log('done');
