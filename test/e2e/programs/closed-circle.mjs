// Two parts of an application that are made on first use and await each other; nobody but they themselves has their promises.
import { setTimeout as sleep } from 'node:timers/promises';

function once(make) {
  let made;
  return () => {
    made ??= make();
    return made;
  };
}

async function main() {
  const config = once(async function loadConfig() {
    await sleep(1);
    const { url } = await client();
    return { url };
  });
  const client = once(async function connectClient() {
    if (process.argv[2] === 'fixed') return { url: 'http://config.example' };
    return { url: (await config()).url };
  });
  // Beside it the program goes on, and some of what it awaits is given up.
  const never = new Promise(() => undefined);
  const beside = async () => {
    for (let turn = 0; turn < 2000; turn++) await Promise.race([sleep(0), never]);
  };
  await Promise.all([config(), beside()]);
  console.log('done');
}
main();
