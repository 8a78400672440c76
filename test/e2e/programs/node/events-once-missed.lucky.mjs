// events-once-missed [lucky] (node:events once()) - nothing slow comes between

import { once } from 'node:events';
import net from 'node:net';

const loadConfig = async () => {};

const server = net.createServer().listen(0);
await loadConfig();
await once(server, 'listening'); // the event was emitted while the config was being read
console.log('done');
server.close();
