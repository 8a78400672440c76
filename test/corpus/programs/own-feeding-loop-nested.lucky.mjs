// own-feeding-loop-nested [lucky] (async-sema) - only one page embeds another one
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
for (const [name, embedded] of [['a', 'a.svg'], ['b'], ['c']]) {
  await slots.acquire();
  pages.push(page(name, embedded));
}
await Promise.all(pages);
console.log('done');
