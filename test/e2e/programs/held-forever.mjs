// One function keeps a lock for ever, another waits for it; a timer keeps the program alive.
import { Mutex } from 'async-mutex';

const mutex = new Mutex();
async function keep() {
  await mutex.acquire();
}
async function want() {
  await mutex.acquire();
}
const handled = (signal) => console.log('handled', signal, process.listenerCount(signal));
if (process.argv[2] === 'handles') {
  process.on('SIGTERM', (signal) => {
    handled(signal);
    process.exit(5);
  });
}
if (process.argv[2] === 'handles-once') process.once('SIGTERM', handled);
if (process.argv[2] === 'ends') process.on('SIGTERM', () => clearInterval(timer));
if (process.argv[2] === 'handles-no-more') {
  process.on('SIGTERM', handled);
  setTimeout(() => process.removeAllListeners('SIGTERM'), 1500);
}
if (process.argv[2] === 'answers') {
  process.on('SIGUSR2', () => {
    console.log('asked');
    process.exit();
  });
}
keep();
want();
const timer = setInterval(() => undefined, 1000);
console.log('stands');
