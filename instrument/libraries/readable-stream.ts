import { meetStreamCopy } from '../node/stream-copies.ts';
import type { LibraryAdapter } from './adapter.ts';

/** readable-stream 2 to 4: a copy of Node's streams, below through2, archiver, duplexify and many more. */
export const readableStream: LibraryAdapter = {
  name: 'readable-stream',
  versions: '>=2.0.0 <5.0.0',
  patch: (exports) => meetStreamCopy(exports),
};
