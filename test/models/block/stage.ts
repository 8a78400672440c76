import assert from 'node:assert/strict';
import { Bio } from '../../../src/models/block/bio.ts';
import type { DmabufToken } from '../../../src/models/block/dmabuf-token.ts';
import type { BlockFixes } from '../../../src/models/block/fixes.ts';
import { type Direction, IovIter } from '../../../src/models/block/iov-iter.ts';
import { NvmeDevice } from '../../../src/models/block/nvme.ts';
import {
  type Allocate,
  type BlockFile,
  blkdevDmabufMap,
  createDmabufToken,
  RequestQueue,
} from '../../../src/models/block/request-queue.ts';
import { DmaDevice } from '../../../src/models/dma-device.ts';
import { Exporter } from './exporter.ts';

export const PAGE = 4096;
export const MIB: number = 1024 * 1024;

export interface BlockOptions {
  readonly fixes?: Partial<BlockFixes>;
  readonly ranges?: readonly number[];
  readonly coherent?: boolean;
  readonly sgls?: boolean;
  readonly direct?: boolean;
  readonly allocate?: Allocate;
  readonly maxBytes?: number;
}

/** A block device with an NVMe controller, and a buffer to register with it. */
export interface Block {
  readonly queue: RequestQueue;
  readonly nvme: NvmeDevice;
  readonly file: BlockFile;
  readonly exporter: Exporter;
  /** Registers the buffer; fails the test when that is refused. */
  register(): Promise<DmabufToken>;
  /** Submits a transfer of the buffer. */
  submit(token: DmabufToken, options?: TransferOptions): Promise<Bio>;
}

export interface TransferOptions {
  readonly direction?: Direction;
  readonly offset?: number;
  readonly length?: number;
  readonly nowait?: boolean;
}

export async function blockDevice(options: BlockOptions = {}): Promise<Block> {
  const nvme = new NvmeDevice(new DmaDevice('nvme0', { coherent: options.coherent ?? false }), {
    sgls: options.sgls ?? true,
  });
  const queue = new RequestQueue({
    ops: nvme,
    limits: { maxBytes: options.maxBytes ?? 4 * MIB, maxSegments: 1024, dmaAlignment: 3, logicalBlockSize: 512 },
    ...(options.fixes && { fixes: options.fixes }),
    ...(options.allocate && { allocate: options.allocate }),
  });
  nvme.serve(queue);
  const exporter = await Exporter.create(options.ranges ?? [MIB]);
  const file: BlockFile = { direct: options.direct ?? true, dmabufMap: blkdevDmabufMap, queue };
  return {
    queue,
    nvme,
    file,
    exporter,
    register: async () => {
      const token = await createDmabufToken(file, { dmabuf: exporter.dmabuf, direction: 'both' });
      assert.ok(typeof token !== 'number', 'registration answers an errno');
      return token;
    },
    submit: async (token, { direction = 'read', offset = 0, length, nowait = false } = {}) => {
      const bio = new Bio({ direction, nowait });
      bio.iovIterGetPages(IovIter.dmabufToken(direction, token, offset, length ?? exporter.dmabuf.size - offset));
      await queue.submitBio(bio);
      return bio;
    },
  };
}
