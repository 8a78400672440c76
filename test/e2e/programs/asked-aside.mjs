// While it has the only connection the handler lets a note be written, which asks for another one, and asks a slow service. It
// waits for the service alone, and the note is written later. With "timed" it has no more to do but to give the connection back
// after a while, in a callback. With "awaited" it waits for the note, and with "told" for the news of it: for ever.
import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { createPool } from 'generic-pool';

const [how] = process.argv.slice(2);
const isDeadlock = how === 'awaited' || how === 'told';
if (isDeadlock) await import('./ends-when-found.mjs');

const ANSWERS_SLOWLY = 'process.stdin.once("data", () => setTimeout(() => process.stdout.write("an answer"), 1500))';
const service = spawn(process.execPath, ['-e', ANSWERS_SLOWLY], { stdio: 'pipe' });
const pool = createPool({ create: async () => ({}), destroy: async () => undefined }, { max: 1 });
const news = new EventEmitter();
const notes = [];
let open = 0;

async function note(text) {
  open++;
  const connection = await pool.acquire();
  notes.push(text);
  await pool.release(connection);
}

async function handle() {
  const connection = await pool.acquire();
  const told = once(news, 'noted');
  const noted = note('handled');
  if (how === 'told') noted.then(() => news.emit('noted'), console.error);
  else noted.then(() => notes.push('noted'), console.error).finally(() => open--);
  if (how === 'awaited') await noted;
  if (how === 'told') await told;
  service.stdin.write('a question');
  await once(service.stdout, 'data');
  await pool.release(connection);
  return noted;
}

function handleInCallbacks() {
  pool.acquire().then((connection) => {
    note('handled').then(() => news.emit('noted'), console.error);
    setTimeout(() => void pool.release(connection), 2000);
  }, console.error);
  return once(news, 'noted');
}

await (how === 'timed' ? handleInCallbacks() : handle());
service.stdin.end();
console.log(notes[0]);
