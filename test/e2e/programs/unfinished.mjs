// Nothing is left to run, and the program has not come to its end: its main function waits for an event that nobody emits (`main`), as does
// a function that is called where it is written (`at-once`), a function that it calls once waits for what nobody can settle (`called`), or
// others go on with what such a one gives (`value`). In `healthy` who is left waits for a signal, for a timer that need not come or
// for more work, was called by a service or several times, or has lost a race. In `thousands` so many wait in a list.
import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

const [, , form] = process.argv;
const bus = new EventEmitter();
let wake;

async function main() {
  for (const event of ['ready', 'done']) await once(bus, event);
}

function settings(name) {
  return new Promise((resolve) => {
    if (name !== 'missing') resolve(name);
  });
}

async function migrate() {
  return await settings('missing');
}

async function job(name) {
  return await settings(name);
}

async function untilSignal() {
  await new Promise((resolve) => process.once('SIGTERM', resolve));
}

async function later() {
  await sleep(60_000, null, { ref: false });
}

async function evenLater() {
  await new Promise((resolve) => setTimeout(resolve, 60_000).unref());
}

async function pump() {
  while (bus.listenerCount('work') === 0) {
    await new Promise((resolve) => {
      wake = resolve;
    });
  }
}

async function edit(what) {
  await once(bus, what);
}

class Service {
  async start() {
    await once(bus, 'request');
  }
}

if (form === 'main') main();
if (form === 'called') migrate().catch(console.error);
if (form === 'value') Promise.all(['some', 'missing'].map(job)).then((all) => console.log(all));
if (form === 'at-once') {
  (async () => {
    await once(bus, 'ready');
  })();
}
if (form === 'healthy') {
  untilSignal();
  later();
  evenLater();
  pump().catch(console.error);
  edit('title');
  edit('text');
  new Service().start();
  setTimeout(() => wake(), 10);
  await Promise.race([job('missing'), sleep(20)]);
}
if (form === 'thousands') {
  const waiting = [];
  const wait = () => new Promise((resolve) => waiting.push(resolve));
  const each = async () => {
    await wait();
  };
  for (let i = 0; i < 5_000; i++) void each();
}
console.log('stands');
