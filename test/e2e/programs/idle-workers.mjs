// A normal end: a worker sleeps for work, the loser of a race never ends, a promise is given up.
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

worker();
await Promise.race([loser(), Promise.resolve('won')]);
console.log('ended well');
