// Ends itself while a loop waits for a permit. With "tasks" they are with tasks that run in another process and give them back; with
// "itself" whoever waits has them all.
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { Sema } from 'async-sema';

const [how] = process.argv.slice(2);
const permits = new Sema(2);
const children = [];

async function visiting() {
  for (let i = 0; i < 3; i++) {
    await permits.acquire();
    if (how === 'itself') continue;
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => undefined, 60_000)']);
    child.once('exit', () => permits.release());
    children.push(child);
  }
}

void visiting();
await sleep(1000);
for (const child of children) child.kill();
process.exit();
