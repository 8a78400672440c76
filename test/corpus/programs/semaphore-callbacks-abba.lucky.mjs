// semaphore-callbacks-abba [lucky] (semaphore) - the upload starts when the download is over
import semaphore from 'semaphore';

const disk = semaphore(1);
const net = semaphore(1);

function download(done) {
  disk.take(() => setTimeout(() => {
    net.take(() => setTimeout(() => { net.leave(); disk.leave(); done(); }, 2));
  }, 2));
}

function upload(done) {
  net.take(() => setTimeout(() => {
    disk.take(() => setTimeout(() => { disk.leave(); net.leave(); done(); }, 2));
  }, 2));
}

download(() => upload(() => console.log('done')));
