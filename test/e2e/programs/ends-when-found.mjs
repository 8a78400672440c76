import { subscribe } from 'node:diagnostics_channel';

subscribe('dept:finding', () => setImmediate(() => process.exit(0)));
