// own-feeding-loop-callback [hang] (async-mutex) - a child process that fails gives nothing back
import { spawn } from 'node:child_process';
import { Mutex } from 'async-mutex';
const turn = new Mutex();
const codes = [];
function run(code, release) {
  const child = spawn(process.execPath, ['-e', `setTimeout(() => process.exit(${code}), 100)`]);
  child.on('exit', (status) => {
    codes.push(status);
    if (status !== 0) return console.error('failed');
    release();
  });
}
async function runAll(all) {
  for (const code of all) run(code, await turn.acquire());
  await turn.waitForUnlock();
}
await runAll([0, 1, 0]);
console.log('done', codes.length);
