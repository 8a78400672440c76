// async-mutex-listener-holder [lucky] (async-mutex) - the repository is given back before that
import { spawn } from 'node:child_process';
import { Mutex } from 'async-mutex';

const repo = new Mutex(), journal = new Mutex();
const work = 'setTimeout(() => {}, 50)';
function git(args, done) {
  const child = spawn(process.execPath, ['-e', work], { stdio: 'ignore' });
  child.on('close', done);
}
async function note(line) {
  const release = await journal.acquire();
  const r2 = await repo.acquire(); r2();
  release();
}
function commit(message, done) {
  repo.acquire().then(release => {
    note(message); // not awaited: it ends later
    git(['commit'], () => { release(); journal.runExclusive(() => {}).then(done); });
  });
}
async function readJournal() { await new Promise(r => setTimeout(r, 30)); return journal.runExclusive(() => 'entries'); }
const [, j] = await Promise.all([new Promise(r => commit('one', r)), readJournal()]);
await note('x');
console.log('done', j);
