// own-semaphore-reentrant [hang] (node) - a home-made semaphore of one permit is acquired again by who has to release it
class Semaphore {
  #free = 1;
  #waiting = [];
  async acquire() {
    if (this.#free > 0) { this.#free--; return; }
    await new Promise((resolve) => this.#waiting.push(resolve));
  }
  release() {
    const resolve = this.#waiting.shift();
    if (resolve) resolve();
    else this.#free++;
  }
}
const pause = () => new Promise((resolve) => setTimeout(resolve, 2));
const disk = new Semaphore();
async function write(text) {
  await disk.acquire();
  try { await pause(); console.log(text); } finally { disk.release(); }
}
async function rotate() {
  await disk.acquire();
  try { await pause(); await write('rotated'); } finally { disk.release(); }
}
rotate().then(() => console.log('done'));
