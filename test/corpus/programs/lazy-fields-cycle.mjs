// lazy-fields-cycle [hang] (node) - two parts that are opened on first use await each other
import { setTimeout as sleep } from 'node:timers/promises';

class Services {
  #db; #auth;
  known = null;
  db() { return this.#db ??= this.#openDb(); }
  auth() { return this.#auth ??= this.#openAuth(); }
  async #openDb() {
    await sleep(1);
    const auth = this.known ?? await this.auth(); // the password comes from the auth service
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
