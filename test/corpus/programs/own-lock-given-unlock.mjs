// own-lock-given-unlock [hang] (node) - a home-made lock whose take() gives the function that gives it back is taken again under itself
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
  try { await note('paid'); } finally { giveBack(); }
}
pay().then(() => console.log('done'));
