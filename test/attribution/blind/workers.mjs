// Workers, actors, pools and monitors.
import { EventEmitter } from 'node:events';
import { gate, program, sleep, touch } from './program.mjs';

program(
  'one worker, two jobs beside: the second waits for the first',
  ['A->B', 'D->B', 'D->C'],
  async ({ A, B, C, D }) => {
    const jobs = [];
    let wake = null;
    const push = (mutex) =>
      new Promise((done) => {
        jobs.push({ mutex, done });
        wake?.();
      });
    const worker = (async () => {
      for (let served = 0; served < 2; ) {
        const job = jobs.shift();
        if (!job) {
          await new Promise((resolve) => (wake = resolve));
          continue;
        }
        await sleep(3);
        await touch(job.mutex);
        served++;
        job.done();
      }
    })();
    const client = async (own, what) => {
      const release = await own.acquire();
      await push(what);
      release();
    };
    await Promise.all([client(A, B), client(D, C), worker]);
  },
);
program(
  'a worker that holds a lock while it waits for the next job',
  ['W->A', 'W->B', 'A->B'],
  async ({ A, B, mk }) => {
    const W = mk('W');
    const [job, done, free] = [gate(), gate(), gate()];
    const worker = (async () => {
      const w = await W.acquire();
      await job.opened;
      await touch(B);
      done.open();
      await free.opened;
      w();
    })();
    await sleep(1);
    const a = await A.acquire();
    job.open();
    await done.opened;
    a();
    free.open();
    await worker;
  },
);
program(
  'an actor: messages one after the other on a chain of promises',
  ['D->B', 'A->B', 'A->C'],
  async ({ A, B, C, D }) => {
    let tail = Promise.resolve();
    const tell = (work) => (tail = tail.then(work, work));
    const first = (async () => {
      const d = await D.acquire();
      await sleep(2);
      await tell(() => sleep(4).then(() => touch(B)));
      d();
    })();
    const second = (async () => {
      await sleep(1);
      const a = await A.acquire();
      await sleep(2);
      await tell(() => touch(C));
      a();
    })();
    await Promise.all([first, second]);
  },
);
program('a pool of one connection with a queue of waiters', ['D->B'], async ({ B, C, D }) => {
  const waiters = [];
  let isFree = true;
  const take = () => {
    if (!isFree) return new Promise((resolve) => waiters.push(resolve));
    isFree = false;
    return Promise.resolve();
  };
  const give = () => {
    if (waiters.length > 0) waiters.shift()();
    else isFree = true;
  };
  const first = (async () => {
    await take();
    await sleep(4);
    await touch(B);
    give();
    await touch(C);
  })();
  const second = (async () => {
    await sleep(1);
    const d = await D.acquire();
    await take();
    d();
    give();
  })();
  await Promise.all([first, second]);
});
program('inversion: a low one holds what a high one waits for', ['D->A', 'A->C'], async ({ A, B, C, D }) => {
  const low = (async () => {
    const a = await A.acquire();
    await sleep(3);
    await touch(C);
    a();
  })();
  const middle = (async () => {
    await sleep(1);
    const b = await B.acquire();
    await sleep(8);
    b();
  })();
  const high = (async () => {
    await sleep(2);
    const d = await D.acquire();
    await touch(A);
    d();
  })();
  await Promise.all([low, middle, high]);
});
program('a rendezvous: sender and receiver, each with a lock', ['A->D', 'A->C', 'D->C'], async ({ A, B, C, D }) => {
  // The sender comes first and waits for the receiver.
  const meeting = gate();
  const sender = (async () => {
    const a = await A.acquire();
    await meeting.opened;
    a();
  })();
  await sleep(2);
  const receiver = (async () => {
    const d = await D.acquire();
    await touch(C);
    meeting.open();
    await sleep(2);
    d();
    await touch(B);
  })();
  await Promise.all([sender, receiver]);
});
program('a condition variable', ['A->B', 'A->C', 'D->A', 'D->B', 'D->C'], async ({ A, B, C, D }) => {
  const waiting = [];
  const wait = async (release) => {
    const told = new Promise((resolve) => waiting.push(resolve));
    release();
    await told;
    return A.acquire();
  };
  const consumer = (async () => {
    const d = await D.acquire();
    let a = await A.acquire();
    a = await wait(a);
    await touch(C);
    a();
    d();
  })();
  await sleep(2);
  const a = await A.acquire();
  await touch(B);
  waiting.shift()();
  await sleep(1);
  a();
  await consumer;
});
program('fire and forget beside what is waited for', ['A->C'], async ({ A, B, C }) => {
  const log = [];
  const a = await A.acquire();
  log.push(sleep(1).then(() => touch(B)));
  [1, 2].forEach(async () => {
    log.push(touch(B));
  });
  await sleep(3);
  await touch(C);
  a();
  await Promise.all(log);
});
program('requests of a server loop do not touch each other', [], async ({ A, B, C, D }) => {
  const server = new EventEmitter();
  const open = [];
  server.on('request', (mutex) =>
    open.push(
      (async () => {
        const release = await mutex.acquire();
        await sleep(6);
        release();
      })(),
    ),
  );
  server.emit('request', A);
  await touch(C);
  server.emit('request', D);
  await touch(B);
  await Promise.all(open);
});
