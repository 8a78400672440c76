// events-once-missed [fixed] (node:events once()) - once() is called first

import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const loadConfig = () => sleep(50);

const server = net.createServer().listen(0);
const listening = once(server, 'listening');
await loadConfig();
await listening;
console.log('done');
server.close();
