// One function keeps a lock for ever, another waits for it; a timer keeps the program alive.
import { Mutex } from 'async-mutex';

const mutex = new Mutex();
async function keep() {
  await mutex.acquire();
}
async function want() {
  await mutex.acquire();
}
if (process.argv[2] === 'handles') {
  process.on('SIGTERM', (signal) => {
    console.log('handled', signal);
    process.exit(5);
  });
}
if (process.argv[2] === 'answers') {
  process.on('SIGUSR2', () => {
    console.log('asked');
    process.exit();
  });
}
keep();
want();
setInterval(() => undefined, 1000);
console.log('stands');
