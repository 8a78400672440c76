// mutexify-callbacks-abba [lucky] (mutexify) - compact starts when append is over
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

append(() => compact(() => console.log('done')));
