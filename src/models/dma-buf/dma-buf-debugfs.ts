import { O_ACCMODE } from '../fs/open-flags.ts';
import type { DmaBuf } from './dma-buf.ts';
import { dmaBufForEach } from './dma-buf-list.ts';

const HEADER = 'size    \tflags   \tmode    \tcount   \texp_name\tino     \tname';

/** `dma_buf_debug_show`: what `/sys/kernel/debug/dma_buf/bufinfo` shows. */
export async function dmaBufDebugShow(): Promise<string> {
  let text = `\nDma-buf Objects:\n${HEADER}\n`;
  let [count, size] = [0, 0];
  await dmaBufForEach(async (dmabuf) => {
    text += await describe(dmabuf);
    count++;
    size += dmabuf.size;
    return 0;
  });
  return `${text}\nTotal ${count} objects, ${size} bytes\n`;
}

/** Fences and devices are read under the reservation. */
async function describe(dmabuf: DmaBuf): Promise<string> {
  await dmabuf.resv.lock();
  const { size, flags, references, expName, ino, name, attachments } = dmabuf;
  const counts = [digits(size), digits(flags, 16), digits(modeOf(flags), 16), digits(references)];
  const cells = [...counts, expName, digits(ino), name ?? '<none>'];
  const fences = await dmabuf.resv.describe();
  const devices = attachments.map(({ dev }) => `\t${dev.name}\n`).join('');
  dmabuf.resv.unlock();
  return `${cells.join('\t')}\n${fences}\tAttached Devices:\n${devices}Total ${attachments.length} devices attached\n\n`;
}

/** `OPEN_FMODE`: a bit for reading and one for writing. */
function modeOf(flags: number): number {
  return (flags + 1) & O_ACCMODE;
}

function digits(value: number, base = 10): string {
  return value.toString(base).padStart(8, '0');
}
