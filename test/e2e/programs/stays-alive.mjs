// A task takes the lock that it runs under, and races that against a timer that is further off than anybody waits for it. With
// "queued" a task of a queue is done only in the callback of another one, which is no race: a server of the program stays open.
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Mutex } from 'async-mutex';
import fastq from 'fastq';
import './ends-when-found.mjs';

const [how] = process.argv.slice(2);
const lock = new Mutex();
const jobs = fastq((job, done) => {
  if (job.next === undefined) done();
  else jobs.push(job.next, (error) => done(error));
}, 1);

if (how === 'queued') {
  createServer().listen(0);
  jobs.push({ next: {} }, () => console.log('done'));
} else {
  await lock.runExclusive(async () => {
    const late = sleep(600_000).then(() => Promise.reject(new Error('late')));
    await Promise.race([lock.runExclusive(() => 'again'), late]);
  });
}
