import { E2BIG, ENOMEM } from '../../sync/errno.ts';
import { KernelMutex } from '../../sync/kernel-mutex.ts';
import { PAGE_SIZE } from '../mm/page-size.ts';
import { kmalloc } from '../slab.ts';
import { warnOn } from '../warn.ts';

/** Where an iteration stands (`loff_t *pos`). `next` must move it on. */
export interface SeqPosition {
  index: number;
}

/**
 * `struct seq_operations` (include/linux/seq_file.h). One read is a `start`, some `show` and `next`, and a `stop`; what
 * must be held while elements are used is held from `start` to `stop` only.
 */
export interface SeqOperations<T extends object> {
  /** @returns the element to go on with; null at the end; a negative errno */
  start(position: SeqPosition): Promise<T | null | number> | T | null | number;
  /** @returns the element after `value`; null at the end; a negative errno */
  next(value: T, position: SeqPosition): Promise<T | null | number> | T | null | number;
  /** @param value the element that was not delivered; null at the end */
  stop(value: T | null): Promise<void> | void;
  /** Writes the element. @returns 0; above 0 to leave it out; a negative errno */
  show(seq: SeqFile<T>, value: T): Promise<number> | number;
}

/** Bytes of the kernel's buffer of one read: `bpf_seq_read` takes eight pages. */
const BUFFER_SIZE = 8 * PAGE_SIZE;

const encoder = new TextEncoder();

/**
 * `struct seq_file`, read the way iterators of BPF are (`bpf_seq_read` in kernel/bpf/bpf_iter.c): text is made element by
 * element until the reader's buffer is full. An element whose text does not fit in the kernel's buffer is taken back, and
 * is the first of the next read.
 */
export class SeqFile<T extends object> {
  readonly #operations: SeqOperations<T>;
  readonly #lock: KernelMutex = new KernelMutex({ name: 'seq_file.lock' });
  readonly #size: number;
  readonly #position: SeqPosition = { index: 0 };
  #buffer: Uint8Array | null = null;
  /** Bytes in the buffer, and where the first that was not read yet is. */
  #count = 0;
  #from = 0;
  #overflowed = false;
  #doneStop = false;

  constructor(operations: SeqOperations<T>, size: number = BUFFER_SIZE) {
    this.#operations = operations;
    this.#size = size;
  }

  /** `seq_has_overflowed` */
  get overflowed(): boolean {
    return this.#overflowed;
  }

  /** `seq_puts`. Text that fills the buffer to its last byte counts as too much, since nobody knows whether it was all. */
  puts(text: string): void {
    const bytes = encoder.encode(text);
    const buffer = this.#buffer;
    if (buffer === null || this.#count + bytes.length >= this.#size) {
      this.#overflowed = true;
      return;
    }
    buffer.set(bytes, this.#count);
    this.#count += bytes.length;
  }

  /** `bpf_seq_read`. @returns bytes, 0 at the end, -E2BIG when one element does not fit, -ENOMEM, or what an operation answers */
  async read(into: Uint8Array): Promise<number> {
    await this.#lock.lock();
    try {
      return await this.#read(into);
    } finally {
      this.#lock.unlock();
    }
  }

  async #read(into: Uint8Array): Promise<number> {
    if (this.#buffer === null) {
      if (!kmalloc('bpf_seq_read', 'GFP_KERNEL')) return -ENOMEM;
      this.#buffer = new Uint8Array(this.#size);
    }
    if (this.#count > this.#from) return this.#copy(into);
    if (this.#doneStop) return 0;
    this.#count = 0;
    this.#from = 0;
    const error = await this.#fill(into.length);
    return error < 0 ? error : this.#copy(into);
  }

  /** From `start` to `stop`. @returns 0, or an error */
  async #fill(wanted: number): Promise<number> {
    const operations = this.#operations;
    let value = await operations.start(this.#position);
    if (typeof value === 'number') {
      await operations.stop(null);
      return value;
    }
    for (let isFirst = true; value !== null && (isFirst || this.#count < wanted); isFirst = false) {
      const error = await this.#show(value);
      if (error < 0) {
        await operations.stop(value);
        return this.#count > 0 ? 0 : error;
      }
      value = await this.#next(value);
      if (typeof value === 'number') {
        // What was written so far is for the next read.
        await operations.stop(null);
        return value;
      }
    }
    await operations.stop(value);
    if (value === null) this.#doneStop = true;
    return 0;
  }

  /** The text of one element, or nothing of it. @returns 0 or more; what `show` answers; -E2BIG for too much text */
  async #show(value: T): Promise<number> {
    const before = this.#count;
    this.#overflowed = false;
    const result = await this.#operations.show(this, value);
    const error = result === 0 && this.#overflowed ? -E2BIG : result;
    if (error !== 0) this.#count = before;
    return error;
  }

  async #next(value: T): Promise<T | null | number> {
    const before = this.#position.index;
    const next = await this.#operations.next(value, this.#position);
    const message = 'buggy seq_file .next function did not update position index';
    if (warnOn(this.#position.index === before, message)) this.#position.index++;
    return next;
  }

  #copy(into: Uint8Array): number {
    const buffer = this.#buffer as Uint8Array;
    const count = Math.min(this.#count - this.#from, into.length);
    into.set(buffer.subarray(this.#from, this.#from + count));
    this.#from += count;
    return count;
  }
}
