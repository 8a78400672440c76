// stream-tee-backpressure [lucky] (node:stream pipe) - small input
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

const chunks = 4;
const upload = Readable.from(
  Array.from({ length: chunks }, () => Buffer.alloc(1024, 'x')),
  { objectMode: false },
);
const toHash = upload.pipe(new PassThrough());
const toDisk = upload.pipe(new PassThrough());

const hash = (await text(toHash)).length; // the source is paused by the full, unread `toDisk`
const size = (await text(toDisk)).length;
console.log('done', hash, size);
