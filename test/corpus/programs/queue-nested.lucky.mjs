// queue-nested [lucky] (queue) - one page after the other: a slot is free for each part
import { readFile, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import Queue from 'queue';

const file = fileURLToPath(import.meta.url);
const renders = new Queue({ concurrency: 2, autostart: true });

function render(what) {
  return new Promise((resolve, reject) => {
    renders.push(async () => {
      try {
        resolve(await what());
      } catch (error) {
        reject(error);
      }
    });
  });
}

async function page(n) {
  return render(async () => {
    const text = await readFile(file, 'utf8');
    const part = await render(async () => (await stat(file)).size);
    return text.length === part ? n : 0;
  });
}

console.log([await page(1), await page(2)]);
console.log('done');
