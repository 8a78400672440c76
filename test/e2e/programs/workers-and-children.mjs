// What a program starts goes on as it would without dept: a worker, a forked child with messages, a Node child.
import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { Mutex } from 'async-mutex';

const file = fileURLToPath(import.meta.url);

async function work() {
  const mutex = new Mutex();
  return await mutex.runExclusive(async () => 'done');
}

if (!isMainThread) {
  parentPort.postMessage(await work());
} else if (process.send !== undefined) {
  process.send(await work());
  process.disconnect();
} else {
  const worker = new Worker(file);
  const exited = once(worker, 'exit');
  const [fromWorker] = await once(worker, 'message');
  const [workerCode] = await exited;
  const child = fork(file);
  const childExited = once(child, 'exit');
  const [fromChild] = await once(child, 'message');
  const [childCode] = await childExited;
  const printed = execFileSync(process.execPath, ['-p', '6 * 7']).toString().trim();
  console.log(fromWorker, workerCode, fromChild, childCode, printed);
}
