import type { DmaBuf } from '../dma-buf/dma-buf.ts';
import { dmaBufIterBegin, dmaBufIterNext } from '../dma-buf/dma-buf-list.ts';
import { type FileOperations, KernelFile } from '../fs/file.ts';
import { SeqFile, type SeqOperations, type SeqPosition } from '../fs/seq-file.ts';

/** What was repaired in the iterator; off is the behaviour before. */
export interface DmabufIterFixes {
  /** The buffer a read stopped at is kept for the next one. Before: every read but the first found the end. */
  readonly iterStash: boolean;
  /** A read that begins from the start again puts what was kept. Before, as in the patch: it is overwritten, and leaks. */
  readonly iterPutStashed: boolean;
}

export const DMABUF_ITER_FIXES: DmabufIterFixes = Object.freeze({ iterStash: true, iterPutStashed: true });

/** The BPF program, called for each buffer without any lock. @returns as `show` of a `SeqOperations` */
export type DmabufProgram = (seq: SeqFile<DmaBuf>, dmabuf: DmaBuf) => Promise<number> | number;

/*
read 1                     read 2                       close
start: first buffer        start: what was kept
show, next, show ...       show, next ...
stop: keeps the one that   stop: at the end nothing     what is still kept is put
      was not delivered
*/

/** `dmabuf_iter_seq_ops` (kernel/bpf/dmabuf_iter.c): the element of the iteration has a reference, so no lock is held. */
export class DmabufIterSeq implements SeqOperations<DmaBuf> {
  readonly #program: DmabufProgram;
  readonly #fixes: DmabufIterFixes;
  /** `dmabuf_iter_priv.dmabuf`: with a reference from `stop` to the next `start`. */
  #stashed: DmaBuf | null = null;

  /** `dmabuf_iter_seq_init` */
  constructor(program: DmabufProgram, fixes: Partial<DmabufIterFixes> = {}) {
    this.#program = program;
    this.#fixes = { ...DMABUF_ITER_FIXES, ...fixes };
  }

  /** The buffer that is kept for the next read. */
  get stashed(): DmaBuf | null {
    return this.#stashed;
  }

  /** `dmabuf_iter_seq_start`: goes on where `stop` left off, whatever the position says. */
  async start(position: SeqPosition): Promise<DmaBuf | null> {
    if (position.index !== 0) {
      const stashed = this.#stashed;
      this.#stashed = null;
      return stashed;
    }
    // The first buffer was not delivered, so the position still is that of the begin.
    if (this.#fixes.iterPutStashed) await this.fini();
    return await dmaBufIterBegin();
  }

  /** `dmabuf_iter_seq_next` */
  next(dmabuf: DmaBuf, position: SeqPosition): Promise<DmaBuf | null> {
    position.index++;
    return dmaBufIterNext(dmabuf);
  }

  /** `dmabuf_iter_seq_stop` */
  async stop(dmabuf: DmaBuf | null): Promise<void> {
    if (dmabuf === null) return;
    if (this.#fixes.iterStash) this.#stashed = dmabuf;
    else await dmabuf.put();
  }

  /** `dmabuf_iter_seq_show` */
  show(seq: SeqFile<DmaBuf>, dmabuf: DmaBuf): Promise<number> | number {
    return this.#program(seq, dmabuf);
  }

  /** `dmabuf_iter_seq_fini`: the reader stopped early. */
  async fini(): Promise<void> {
    const stashed = this.#stashed;
    this.#stashed = null;
    await stashed?.put();
  }
}

export interface DmabufIterOptions {
  /** Bytes of the kernel's buffer of one read. */
  readonly bufferSize?: number;
  readonly fixes?: Partial<DmabufIterFixes>;
}

/** `bpf_iter_create` of a program that is attached to the dmabuf iterator: reading the file runs it. */
export function dmabufIterOpen(program: DmabufProgram, options: DmabufIterOptions = {}): KernelFile {
  const iter = new DmabufIterSeq(program, options.fixes);
  const seq = new SeqFile<DmaBuf>(iter, options.bufferSize);
  const ops: FileOperations = { read: (_file, buffer) => seq.read(buffer), release: () => iter.fini() };
  return new KernelFile({ name: 'bpf_iter', ops });
}

/**
 * `bpf_iter_dmabuf_new`, `_next` and `_destroy`: the loop inside of a program (`bpf_for_each(dmabuf, ...)`). The verifier
 * sees to it that it is destroyed.
 */
export class BpfIterDmabuf {
  #dmabuf: DmaBuf | null = null;

  /** @returns the next buffer, valid until the following call; null at the end */
  async next(): Promise<DmaBuf | null> {
    this.#dmabuf = await (this.#dmabuf === null ? dmaBufIterBegin() : dmaBufIterNext(this.#dmabuf));
    return this.#dmabuf;
  }

  async destroy(): Promise<void> {
    const dmabuf = this.#dmabuf;
    this.#dmabuf = null;
    await dmabuf?.put();
  }
}
