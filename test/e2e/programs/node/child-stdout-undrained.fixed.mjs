// child-stdout-undrained [fixed] (node:child_process) - both at once
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

const bytes = 4_000_000;
const child = spawn(process.execPath, ['-e', `require('fs').writeSync(1, Buffer.alloc(${bytes}, 'x'))`], {
  stdio: ['ignore', 'pipe', 'inherit'],
});

const [out, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
console.log('done', code, out.length > 0);
