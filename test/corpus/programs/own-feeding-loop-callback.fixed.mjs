// own-feeding-loop-callback [fixed] (async-mutex) - it is given back whatever becomes of the child, which takes its time
import { spawn } from 'node:child_process';
import { Mutex } from 'async-mutex';
const turn = new Mutex();
const codes = [];
function run(code, release) {
  const child = spawn(process.execPath, ['-e', `setTimeout(() => process.exit(${code}), 900)`]);
  child.on('exit', (status) => {
    codes.push(status);
    release();
    if (status !== 0) console.error('failed');
  });
}
async function runAll(all) {
  for (const code of all) run(code, await turn.acquire());
  await turn.waitForUnlock();
}
await runAll([0, 1, 0]);
console.log('done', codes.length);
