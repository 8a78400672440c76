import { setTimeout } from 'node:timers/promises';

/** A lock as many projects have one. Nobody has told dept of it. */
class Turn {
  #isTaken = false;
  readonly #waiting: (() => void)[] = [];

  async take(): Promise<void> {
    if (this.#isTaken) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#isTaken = true;
  }

  give(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#isTaken = false;
  }
}

const shelf = new Turn();
const ladder = new Turn();

async function stock(): Promise<void> {
  await shelf.take();
  await setTimeout(1);
  await ladder.take();
  ladder.give();
  shelf.give();
}

async function fetchDown(): Promise<void> {
  await ladder.take();
  await setTimeout(1);
  await shelf.take();
  shelf.give();
  ladder.give();
}

await stock();
await fetchDown();
console.log('closing time');
