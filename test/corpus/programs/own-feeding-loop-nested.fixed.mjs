// own-feeding-loop-nested [fixed] (async-sema) - what a page embeds is drawn under its own permit; each takes its time in another process
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Sema } from 'async-sema';
const render = promisify(execFile);
const slow = (name) => `setTimeout(() => console.log(${JSON.stringify(name)}), 900)`;
const slots = new Sema(2);
async function page(name, embedded) {
  try {
    await render(process.execPath, ['-e', slow(name)]);
    if (embedded !== undefined) await render(process.execPath, ['-e', slow(embedded)]);
  } finally { slots.release(); }
}
const pages = [];
for (const [name, embedded] of [['a', 'a.svg'], ['b', 'b.svg'], ['c']]) {
  await slots.acquire();
  pages.push(page(name, embedded));
}
await Promise.all(pages);
console.log('done');
