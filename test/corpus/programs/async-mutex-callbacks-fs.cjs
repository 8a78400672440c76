// async-mutex-callbacks-fs [hang] (async-mutex) - two locks in two orders, one of them through callbacks of fs
'use strict';
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { promisify } = require('node:util');
const { Mutex } = require('async-mutex');
const writeFile = promisify(fs.writeFile);
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'case-'));
const indexLock = new Mutex();
const dataLock = new Mutex();

function saveDocument(name, text, done) {
  dataLock.acquire().then(releaseData => {
    fs.writeFile(path.join(folder, name), text, error => {
      if (error) { releaseData(); return done(error); }
      indexLock.acquire().then(releaseIndex => {
        fs.appendFile(path.join(folder, 'index'), `${name}\n`, error => { releaseIndex(); releaseData(); done(error); });
      });
    });
  });
}
async function rebuildIndex() {
  const release = await indexLock.acquire();
  try {
    await writeFile(path.join(folder, 'index'), '');
    await dataLock.runExclusive(() => writeFile(path.join(folder, 'seen'), ''));
  } finally { release(); }
}
async function main() {
  const save = promisify(saveDocument);
  await Promise.all([save('a', 'x'), rebuildIndex()]);
  fs.rmSync(folder, { recursive: true });
  console.log('done');
}
main();
