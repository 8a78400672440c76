// own-lock-given-unlock [lucky] (node) - nothing is noted in this run
class Mutex {
  #isTaken = false;
  #waiting = [];
  async take() {
    if (this.#isTaken) await new Promise((resolve) => this.#waiting.push(resolve));
    this.#isTaken = true;
    return () => this.#giveBack();
  }
  #giveBack() {
    this.#isTaken = false;
    this.#waiting.shift()?.();
  }
}
const pause = () => new Promise((resolve) => setTimeout(resolve, 2));
const account = new Mutex();
async function note(text) {
  const giveBack = await account.take();
  try { await pause(); console.log(text); } finally { giveBack(); }
}
async function pay(isNoted) {
  const giveBack = await account.take();
  try { if (isNoted) await note('paid'); } finally { giveBack(); }
}
pay(false).then(() => console.log('done'));
