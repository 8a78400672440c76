// own-feeding-loop-callback [lucky] (async-mutex) - the one that fails is the last
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
}
await runAll([0, 0, 1]);
console.log('done', codes.length);
