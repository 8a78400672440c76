// The body of an answer is never read: Node itself waits for its end.
import { once } from 'node:events';
import { createServer } from 'node:http';

const server = createServer((_, response) => response.end('ok')).listen(0, '127.0.0.1');
await once(server, 'listening');
const { status } = await fetch(`http://127.0.0.1:${server.address().port}`);
server.close();
console.log('status', status);
