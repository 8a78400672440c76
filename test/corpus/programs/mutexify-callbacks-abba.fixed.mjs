// mutexify-callbacks-abba [fixed] (mutexify) - both take the index first
import mutexify from 'mutexify';

const index = mutexify();
const log = mutexify();

function append(done) { // the log follows the index
  index(releaseIndex => setImmediate(() => {
    log(releaseLog => setImmediate(() => releaseLog(() => releaseIndex(done))));
  }));
}

function compact(done) {
  index(releaseFirst => setImmediate(() => {
    log(releaseSecond => setImmediate(() => releaseSecond(() => releaseFirst(done))));
  }));
}

let left = 2;
const end = () => { if (--left === 0) console.log('done'); };
append(end);
compact(end);
