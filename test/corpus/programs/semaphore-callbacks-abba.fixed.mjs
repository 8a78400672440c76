// semaphore-callbacks-abba [fixed] (semaphore) - both take the disk first
import semaphore from 'semaphore';

const disk = semaphore(1);
const net = semaphore(1);

function download(done) {
  disk.take(() => setTimeout(() => {
    net.take(() => setTimeout(() => { net.leave(); disk.leave(); done(); }, 2));
  }, 2));
}

function upload(done) {
  disk.take(() => setTimeout(() => {
    net.take(() => setTimeout(() => { net.leave(); disk.leave(); done(); }, 2));
  }, 2));
}

let left = 2;
const end = () => { if (--left === 0) console.log('done'); };
download(end);
upload(end);
