import { startPreload } from './preload.ts';

/** The preload: `node --import dept/register app.js`. Configured by `DEPT_*` variables; see docs/cli.md. */
await startPreload();
