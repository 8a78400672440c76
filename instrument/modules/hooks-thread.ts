import type { Readable } from 'node:stream';

/**
 * Makes the hooks thread of Node 20. Node pipes what that thread prints into the program's own streams, and a pipe turns a
 * reader that has gone away (`| head`) into an error that ends the program, where its console would go on. So what the
 * thread prints is written instead.
 */
export function startHooksThread(start: () => void): void {
  const outputs = [process.stdout, process.stderr].map((output) => ({
    output,
    onPipe: (source: Readable) => {
      source.unpipe(output);
      source.on('data', (text: Uint8Array) => output.write(text));
    },
  }));
  for (const { output, onPipe } of outputs) output.on('pipe', onPipe);
  try {
    start();
  } finally {
    for (const { output, onPipe } of outputs) output.off('pipe', onPipe);
  }
}
