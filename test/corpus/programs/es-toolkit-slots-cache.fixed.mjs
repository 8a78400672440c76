// es-toolkit-slots-cache [fixed] (es-toolkit) - the slot first, always
import { Mutex, Semaphore } from 'es-toolkit';
import { setTimeout as sleep } from 'node:timers/promises';

const slots = new Semaphore(2); // downloads at a time
const cache = new Mutex();
const images = new Map();

async function download(url) {
  await slots.acquire();
  try {
    await sleep(2);
    await cache.acquire();
    try { images.set(url, `${url}.png`); } finally { cache.release(); }
  } finally { slots.release(); }
}

async function refresh(url) {
  await slots.acquire();
  try {
    await sleep(1); // looks at what is old
    await cache.acquire();
    try { images.set(url, `${url}.new.png`); } finally { cache.release(); }
  } finally { slots.release(); }
}

await Promise.all([download('a'), download('b'), refresh('c')]);
console.log('done', images.size);
