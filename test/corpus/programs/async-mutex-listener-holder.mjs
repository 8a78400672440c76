// async-mutex-listener-holder [hang] (async-mutex) - the repository is given back after the journal was needed, which a note keeps while it waits for the repository
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
    git(['commit'], () => { journal.runExclusive(() => {}).then(() => { release(); done(); }); });
  });
}
async function readJournal() { await new Promise(r => setTimeout(r, 30)); return journal.runExclusive(() => 'entries'); }
const [, j] = await Promise.all([new Promise(r => commit('one', r)), readJournal()]);
await note('x');
console.log('done', j);
