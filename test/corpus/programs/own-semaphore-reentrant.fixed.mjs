// own-semaphore-reentrant [fixed] (node) - written after the release
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
  try { await pause(); } finally { disk.release(); }
  await write('rotated');
}
rotate().then(() => console.log('done'));
