// A limiter of the program's own that its tasks enter again, as a class and as a closure: it ends as if all were well.

class Limiter {
  #free;
  #waiting = [];
  constructor(free) {
    this.#free = free;
  }

  async acquire() {
    if (this.#free > 0) this.#free--;
    else await new Promise((go) => this.#waiting.push(go));
  }

  release() {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }

  async run(task) {
    await this.acquire();
    try {
      return await task();
    } finally {
      this.release();
    }
  }
}

function limiter(max) {
  const waiting = [];
  let running = 0;
  return async function limit(task) {
    if (running >= max) await new Promise((go) => waiting.push(go));
    running++;
    try {
      return await task();
    } finally {
      running--;
      waiting.shift()?.();
    }
  };
}

const pages = new Limiter(2);
const limit = limiter(1);
const render = async (depth) =>
  pages.run(async () => {
    if (depth > 0) await render(depth - 1);
  });
const crawl = async (depth) =>
  limit(async () => {
    if (depth > 0) await crawl(depth - 1);
  });

if (process.argv[2] === 'closure') crawl(1);
else render(2);
