// stream-tee-backpressure [fixed] (node:stream pipe) - both are read at once
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

const chunks = 2000;
const upload = Readable.from(
  Array.from({ length: chunks }, () => Buffer.alloc(1024, 'x')),
  { objectMode: false },
);
const toHash = upload.pipe(new PassThrough());
const toDisk = upload.pipe(new PassThrough());

const [hash, size] = (await Promise.all([text(toHash), text(toDisk)])).map((t) => t.length);
console.log('done', hash, size);
