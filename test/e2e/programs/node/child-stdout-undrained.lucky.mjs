// child-stdout-undrained [lucky] (node:child_process) - the output fits into the pipe
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

const bytes = 1_000; // fits into the pipe
const child = spawn(process.execPath, ['-e', `require('fs').writeSync(1, Buffer.alloc(${bytes}, 'x'))`], {
  stdio: ['ignore', 'pipe', 'inherit'],
});

const [code] = await once(child, 'exit'); // the child cannot exit before its output is read
const out = await text(child.stdout);
console.log('done', code, out.length > 0);
