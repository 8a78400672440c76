import type { DmaBuf } from '../../../src/models/dma-buf/dma-buf.ts';
import type { KernelFile } from '../../../src/models/fs/file.ts';
import type { SeqFile } from '../../../src/models/fs/seq-file.ts';
import { HeapUser } from '../dma-buf/heap-stage.ts';

/** The program of the selftest: four lines for each buffer. */
export function showLines(seq: SeqFile<DmaBuf>, { ino, size, name, expName }: DmaBuf): number {
  seq.puts(`${ino}\n${size}\n${name ?? ''}\n${expName}\n`);
  return 0;
}

/** One line for each buffer. */
export function showIno(seq: SeqFile<DmaBuf>, { ino }: DmaBuf): number {
  seq.puts(`${ino}\n`);
  return 0;
}

/** Buffers of one page, and the process that has them. @returns their inodes, in the order of the list */
export async function makeBuffers(count: number): Promise<{ user: HeapUser; fds: number[]; inodes: number[] }> {
  const user = new HeapUser('app', { maxFiles: count + 16 });
  const fds: number[] = [];
  for (let i = 0; i < count; i++) fds.push(await user.alloc(4096));
  const inodes = fds.map((fd) => user.bufferOf(fd).ino).reverse();
  return { user, fds, inodes };
}

/** What one read says: text, or the errno. */
export async function readOnce(file: KernelFile, chunk: number): Promise<string | number> {
  const buffer = new Uint8Array(chunk);
  const result = await file.read(buffer);
  return result < 0 ? result : new TextDecoder().decode(buffer.subarray(0, result));
}

/** Reads until a read says nothing; a test that never ends fails. */
export async function readAll(file: KernelFile, chunk: number): Promise<string> {
  let text = '';
  for (let reads = 0; reads < 10_000; reads++) {
    const part = await readOnce(file, chunk);
    if (typeof part === 'number') throw new Error(`read answers ${part}`);
    if (part === '') return text;
    text += part;
  }
  throw new Error('reading never ends');
}
