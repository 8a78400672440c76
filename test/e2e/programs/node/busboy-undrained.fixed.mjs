// busboy-undrained [fixed] (busboy (multer)) - the file is drained in its event
import busboy from 'busboy';

const avatar = Buffer.alloc(300_000);
const part = (n, extra, body) =>
  Buffer.concat([
    Buffer.from(`--b\r\nContent-Disposition: form-data; name="${n}"${extra}\r\n\r\n`),
    body,
    Buffer.from('\r\n'),
  ]);
const body = Buffer.concat([
  avatar ? part('avatar', '; filename="a.png"', avatar) : Buffer.alloc(0),
  part('name', '', Buffer.from('ann')),
  Buffer.from('--b--\r\n'),
]);

const bb = busboy({ headers: { 'content-type': 'multipart/form-data; boundary=b' } });
const fields = {};
const files = [];
const finished = new Promise((r, j) => bb.on('close', r).on('error', j));
bb.on('field', (name, value) => {
  fields[name] = value;
});
bb.on('file', (name, stream) => {
  stream.resume();
  files.push(name);
});
bb.end(body);
await finished;
console.log('done', fields);
