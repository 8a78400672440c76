// child-stdout-undrained [hang] (node:child_process) - exit is awaited before stdout is read
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

const bytes = 4_000_000;
const child = spawn(process.execPath, ['-e', `require('fs').writeSync(1, Buffer.alloc(${bytes}, 'x'))`], {
  stdio: ['ignore', 'pipe', 'inherit'],
});

const [code] = await once(child, 'exit'); // the child cannot exit before its output is read
const out = await text(child.stdout);
console.log('done', code, out.length > 0);
