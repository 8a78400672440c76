// While it has the only connection the handler lets a note be written, which asks for another one, and asks a slow service. It
// waits for the service alone, and the note is written later; with "awaited" it waits for the note, for ever.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createPool } from 'generic-pool';

const isAwaited = process.argv[2] === 'awaited';
if (isAwaited) await import('./ends-when-found.mjs');

const ANSWERS_SLOWLY = 'process.stdin.once("data", () => setTimeout(() => process.stdout.write("an answer"), 1500))';
const service = spawn(process.execPath, ['-e', ANSWERS_SLOWLY], { stdio: 'pipe' });
const pool = createPool({ create: async () => ({}), destroy: async () => undefined }, { max: 1 });
const notes = [];

async function note(text) {
  const connection = await pool.acquire();
  notes.push(text);
  await pool.release(connection);
}

async function handle() {
  const connection = await pool.acquire();
  const noted = note('handled');
  noted.catch((error) => console.error(error));
  if (isAwaited) await noted;
  service.stdin.write('a question');
  await once(service.stdout, 'data');
  await pool.release(connection);
  return noted;
}

await handle();
service.stdin.end();
console.log(notes.join());
