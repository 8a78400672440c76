// own-feeding-loop-nested [hang] (async-sema) - a loop takes a permit for each page, and two pages take one more for what they embed
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Sema } from 'async-sema';
const render = promisify(execFile);
const slots = new Sema(2);
async function page(name, embedded) {
  try {
    await render(process.execPath, ['-p', JSON.stringify(name)]);
    if (embedded !== undefined) {
      await slots.acquire();
      try { await render(process.execPath, ['-p', JSON.stringify(embedded)]); } finally { slots.release(); }
    }
  } finally { slots.release(); }
}
const pages = [];
for (const [name, embedded] of [['a', 'a.svg'], ['b', 'b.svg'], ['c']]) {
  await slots.acquire();
  pages.push(page(name, embedded));
}
await Promise.all(pages);
console.log('done');
