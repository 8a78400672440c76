import { EventEmitter, once } from 'node:events';

// Programs that end well while somebody still stands in a home-made list: nobody who would let him go on waits for him.
class Semaphore {
  #waiting = [];
  constructor(free) {
    this.free = free;
  }
  async acquire() {
    if (this.free > 0) {
      this.free--;
      return;
    }
    await new Promise((resolve) => this.#waiting.push(resolve));
  }
  release() {
    const resolve = this.#waiting.shift();
    if (resolve) resolve();
    else this.free++;
  }
}

class Queue {
  items = [];
  waiting = [];
  push(item) {
    const resolve = this.waiting.shift();
    if (resolve) resolve(item);
    else this.items.push(item);
  }
  async take() {
    if (this.items.length > 0) return this.items.shift();
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}

class Feed extends EventEmitter {
  next() {
    return once(this, 'item');
  }
  end() {
    this.emit('item', 'end');
  }
}

const FORMS = {
  // Who reads the mailbox waits for somebody else than for who has written to it.
  async mailbox() {
    const messages = [];
    const read = () => {
      return messages.shift();
    };
    const news = new Queue();
    const answer = async () => {
      for (;;) {
        const { reply } = read() ?? (await news.take());
        await news.take();
        reply('never');
      }
    };
    const ask = (question) => new Promise((reply) => messages.push({ question, reply }));
    const asker = async () => {
      console.log(await Promise.race([Promise.resolve('first'), ask('one')]));
      console.log(await ask('two'));
    };
    void asker();
    void answer();
  },
  // Whoever has what would let the reader go on waits for something else, and not for the reader.
  async reader() {
    class Reader {
      constructor(queue) {
        this.queue = queue;
      }
      cancel() {
        for (const resolve of this.queue.waiting.splice(0)) resolve();
      }
    }
    const [queue, other] = [new Queue(), new Queue()];
    const read = async () => {
      console.log(await queue.take());
      await queue.take();
    };
    const lead = async (reader) => {
      await other.take();
      reader.cancel();
    };
    queue.push('first');
    void read();
    void lead(new Reader(queue));
  },
  // Whoever would end the feed waits for something else, and for nobody who listens.
  async feed() {
    const [feed, queue] = [new Feed(), new Queue()];
    const read = async () => {
      for (;;) console.log(...(await feed.next()));
    };
    const lead = async () => {
      await feed.next();
      await queue.take();
      feed.end();
    };
    void read();
    void lead();
    feed.emit('item', 'first');
  },
  // The workers feed themselves, and the queue runs dry.
  async crawler() {
    const queue = new Queue();
    let left = 3;
    const worker = async () => {
      const first = await queue.take();
      console.log(first);
      for (;;) {
        const next = await queue.take();
        if (left-- > 0) queue.push(next);
      }
    };
    queue.push('one');
    queue.push('two');
    await Promise.all([worker(), worker()]);
  },
  // Somebody else signals.
  async signal() {
    const ready = new Semaphore(0);
    setTimeout(() => ready.release(), 2);
    await ready.acquire();
    console.log('begun');
    for (;;) await ready.acquire();
  },
  // A timer that keeps no program alive gives it back.
  async lease() {
    const rate = new Semaphore(1);
    await rate.acquire();
    setTimeout(() => rate.release(), 60_000).unref();
    console.log('sent');
    await rate.acquire();
    console.log('never');
    rate.release();
  },
  // What it had it has given back, and it waits for something else.
  async sections() {
    const lock = new Semaphore(1);
    const queue = new Queue();
    await lock.acquire();
    console.log('first');
    lock.release();
    await queue.take();
    await lock.acquire();
    lock.release();
  },
};

void FORMS[process.argv[2]]();
