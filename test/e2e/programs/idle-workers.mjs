// A normal end: a worker sleeps for work, the loser of a race never ends, a promise is given up, and who reads a feed closes it when he is done.
class Jobs {
  waiting = [];
  next() {
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}
export const jobs = new Jobs();

async function worker() {
  for (;;) await jobs.next();
}
async function loser() {
  await new Promise((resolve) => jobs.waiting.push(resolve));
}
async function* feed() {
  for (;;) yield await jobs.next();
}
async function reader(items) {
  for await (const item of items) console.log(item);
}

worker();
// Many know it: which of them a heap has last is not known.
const items = feed();
const reading = reader(items);
async function watcher() {
  await reading;
}
for (let each = 0; each < 20; each++) watcher().then(() => items.return());
await Promise.race([loser(), Promise.resolve('won')]);
console.log('ended well');
