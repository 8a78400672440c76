// Listeners, resources and callbacks of Node.
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { exec } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { promisify } from 'node:util';
import { gate, program, sleep, touch } from './program.mjs';

program('a web reader that waits is answered by one who has waited', ['A->B'], async ({ A, B, C }) => {
  let controller;
  const stream = new ReadableStream({
    start(c) {
      controller = c;
    },
  });
  const holder = (async () => {
    const a = await A.acquire();
    await stream.getReader().read();
    a();
  })();
  await sleep(2);
  await touch(B);
  controller.enqueue(1);
  await touch(C);
  await holder;
});
program('two listeners of one event: the one that waits is not joined', [], async ({ A, B }) => {
  const wire = new EventEmitter();
  const ended = gate();
  const a = await A.acquire();
  wire.on('x', async () => {
    await touch(B);
    await sleep(5);
    ended.open();
  });
  wire.on('x', () => setTimeout(() => a(), 3));
  wire.emit('x');
  await ended.opened;
});
program('AsyncResource.bind: who calls it counts', ['A->B', 'A->C'], async ({ A, B, C, D }) => {
  const queue = [];
  const a = await A.acquire();
  await touch(C);
  queue.push(AsyncResource.bind(() => a()));
  const worker = (async () => {
    await sleep(3);
    await touch(B);
    queue.shift()();
  })();
  await touch(D);
  await worker;
});
program('AsyncLocalStorage.snapshot and bind', ['A->B', 'D->B', 'A->D'], async ({ A, B, C, D }) => {
  const storage = new AsyncLocalStorage();
  const calls = [];
  await storage.run('x', async () => {
    const a = await A.acquire();
    const d = await D.acquire();
    calls.push(AsyncLocalStorage.bind(() => a()));
    const inside = AsyncLocalStorage.snapshot();
    calls.push(() => inside(() => d()));
  });
  const beside = touch(C);
  await sleep(2);
  await touch(B);
  for (const call of calls) call();
  await beside;
});
program('exec and its promisified form', ['A->B'], async ({ A, B, C }) => {
  const a = await A.acquire();
  await touch(B);
  await promisify(exec)('true');
  await new Promise((resolve) => exec('true', () => resolve(a())));
  await touch(C);
});
