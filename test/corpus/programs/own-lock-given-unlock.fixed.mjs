// own-lock-given-unlock [fixed] (node) - noted after it was given back
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
async function pay() {
  const giveBack = await account.take();
  try { await pause(); } finally { giveBack(); }
  await note('paid');
}
pay().then(() => console.log('done'));
