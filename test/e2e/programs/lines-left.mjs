// Those who stand in a line of the program's own when it ends, and may: nobody who is past it would let them go on.

class Worker {
  jobs = [];
  wakeUps = [];
  add(job) {
    this.jobs.push(job);
    this.wakeUps.shift()?.();
  }

  async loop() {
    if (this.jobs.length === 0) await new Promise((go) => this.wakeUps.push(go));
    const job = this.jobs.shift();
    if (job > 1) this.add(job - 1);
    await this.loop();
  }
}

class Walk {
  isPaused = false;
  paused = [];
  async visit(depth) {
    if (this.isPaused) await new Promise((go) => this.paused.push(go));
    this.isPaused = depth > 1;
    await this.visit(depth + 1);
  }

  resume() {
    this.isPaused = false;
    for (const go of this.paused.splice(0)) go();
  }
}

function channel() {
  const values = [];
  const takers = [];
  return {
    put(value) {
      if (takers.length > 0) takers.shift()(value);
      else values.push(value);
    },
    async take() {
      return values.length > 0 ? values.shift() : await new Promise((go) => takers.push(go));
    },
  };
}

class Barrier {
  #parties;
  #waiting = [];
  constructor(parties) {
    this.#parties = parties;
  }

  async arrive() {
    if (this.#waiting.length + 1 < this.#parties) await new Promise((go) => this.#waiting.push(go));
    else for (const go of this.#waiting.splice(0)) go();
  }
}

const worker = new Worker();
worker.loop();
worker.add(3);
new Walk().visit(0);
const numbers = channel();
const consume = async () => {
  await numbers.take();
  await consume();
};
consume();
numbers.put(1);
const barrier = new Barrier(2);
const party = async (rounds) => {
  await barrier.arrive();
  if (rounds > 0) await party(rounds - 1);
};
party(3);
party(2);
