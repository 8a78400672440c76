// web-stream-identity [lucky] (node) - both at once
const { readable, writable } = new TransformStream();
const writer = writable.getWriter();
async function produce() {
  for (const part of ['a', 'b', 'c']) await writer.write(part);
  await writer.close();
}
async function consume() { let s = ''; for await (const part of readable) s += part; return s; }
const p = produce(); console.log('done', await consume()); await p;
