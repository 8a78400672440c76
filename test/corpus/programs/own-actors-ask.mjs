// own-actors-ask [hang] (node) - an actor asks another one, whose answer needs the first
class Actor {
  #messages = [];
  #wake = null;
  constructor(answer) { void this.#run(answer); }
  ask(question) {
    return new Promise((reply) => {
      this.#messages.push({ question, reply });
      this.#wake?.();
    });
  }
  async #next() {
    if (this.#messages.length === 0) await new Promise((resolve) => { this.#wake = resolve; });
    return this.#messages.shift();
  }
  async #run(answer) {
    for (;;) {
      const { question, reply } = await this.#next();
      reply(await answer(question));
    }
  }
}
const pause = () => new Promise((resolve) => setTimeout(resolve, 2));
const prices = new Actor(async (item) => { await pause(); return item === 'set' ? await stock.ask('parts') : 3; });
const stock = new Actor(async (item) => { await pause(); return item === 'parts' ? 2 * (await prices.ask('part')) : 5; });
prices.ask('set').then((price) => console.log('done', price));
