// own-serial-tasks-abba [fixed] (node) - one order
class Serial {
  #isBusy = false;
  #waiting = [];
  #turn() {
    if (!this.#isBusy) { this.#isBusy = true; return Promise.resolve(); }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
  #next() {
    const resolve = this.#waiting.shift();
    if (resolve) resolve();
    else this.#isBusy = false;
  }
  async run(task) {
    await this.#turn();
    try { return await task(); } finally { this.#next(); }
  }
}
const pause = () => new Promise((resolve) => setTimeout(resolve, 2));
const mail = new Serial(), files = new Serial();
const send = () => mail.run(async () => { await pause(); await files.run(pause); });
const store = () => mail.run(async () => { await pause(); await files.run(pause); });
async function main() { await Promise.all([send(), store()]); console.log('done'); }
main();
