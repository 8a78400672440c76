// child-stdin-undrained [fixed] (node) - the output is read meanwhile
import { spawn } from 'node:child_process';
import { once } from 'node:events';

// copies what it reads, which is read while it is written
const filter = spawn(process.execPath, ['-e', 'process.stdin.pipe(process.stdout)'], { stdio: ['pipe', 'pipe', 'inherit'] });
let size = 0;
const read = () => filter.stdout.on('data', data => { size += data.length; });

read();
for (let i = 0; i < 40; i++) {
  if (!filter.stdin.write(Buffer.alloc(65536))) await once(filter.stdin, 'drain');
}
filter.stdin.end();
await once(filter, 'close');
console.log('done', size);
