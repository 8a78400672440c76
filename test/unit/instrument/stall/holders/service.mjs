import { spawn } from 'node:child_process';

/** Ends when its standard input does, which is when this process ends. */
export const service = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
  stdio: ['pipe', 'ignore', 'ignore'],
});
service.setMaxListeners(0);

export const LONG_MS = 600_000;
export const nothing = () => undefined;
