// events-once-missed [hang] (node:events once()) - the event is emitted before once() listens

import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const loadConfig = () => sleep(50);

const server = net.createServer().listen(0);
await loadConfig();
await once(server, 'listening'); // the event was emitted while the config was being read
console.log('done');
server.close();
