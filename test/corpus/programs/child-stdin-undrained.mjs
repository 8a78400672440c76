// child-stdin-undrained [hang] (node) - all input is written before the output is read: both pipes fill up
import { spawn } from 'node:child_process';
import { once } from 'node:events';

// copies what it reads; nobody reads the copy
const filter = spawn(process.execPath, ['-e', 'process.stdin.pipe(process.stdout)'], { stdio: ['pipe', 'pipe', 'inherit'] });
let size = 0;
const read = () => filter.stdout.on('data', data => { size += data.length; });

for (let i = 0; i < 40; i++) {
  if (!filter.stdin.write(Buffer.alloc(65536))) await once(filter.stdin, 'drain');
}
filter.stdin.end();
read();
await once(filter, 'close');
console.log('done', size);
