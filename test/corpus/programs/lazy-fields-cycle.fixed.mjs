// lazy-fields-cycle [fixed] (node) - one direction only
import { setTimeout as sleep } from 'node:timers/promises';

class Services {
  #db; #auth;
  db() { return this.#db ??= this.#openDb(); }
  auth() { return this.#auth ??= this.#openAuth(); }
  async #openDb() {
    await sleep(1);
    const auth = { secret: 's' };
    return { secret: auth.secret };
  }
  async #openAuth() {
    const db = await this.db();
    return { secret: db.secret };
  }
}
async function main() {
  const services = new Services();
  const [db, auth] = await Promise.all([services.db(), services.auth()]);
  console.log('done', db.secret, auth.secret);
}
main();
