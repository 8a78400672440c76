#!/usr/bin/env node
import { main } from './main.ts';

// `dept ... | head` closes the pipe early; that is no error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  process.stderr.write(`dept: Cannot write to standard output: ${error.message}.\n`);
  process.exit(2);
});
// Nobody is left who could be told.
process.stderr.on('error', () => undefined);

process.exitCode = await main(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  cwd: process.cwd(),
});
