// mutexify-callbacks-abba [hang] (mutexify) - callbacks only: append and compact take two locks in opposite order
import mutexify from 'mutexify';

const index = mutexify();
const log = mutexify();

function append(done) { // the log follows the index
  index(releaseIndex => setImmediate(() => {
    log(releaseLog => setImmediate(() => releaseLog(() => releaseIndex(done))));
  }));
}

function compact(done) {
  log(releaseFirst => setImmediate(() => {
    index(releaseSecond => setImmediate(() => releaseSecond(() => releaseFirst(done))));
  }));
}

let left = 2;
const end = () => { if (--left === 0) console.log('done'); };
append(end);
compact(end);
