// own-semaphore-reentrant [lucky] (node) - nothing is written in this run
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
async function rotate(isLogged) {
  await disk.acquire();
  try { await pause(); if (isLogged) await write('rotated'); } finally { disk.release(); }
}
rotate(false).then(() => console.log('done'));
