// busboy-undrained [hang] (busboy (multer)) - the files are read after the form has been parsed
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
bb.on('file', (_name, stream) => files.push(stream)); // "read the files when the whole form has been parsed"
bb.end(body);
await finished;
for (const f of files) f.resume();
console.log('done', fields);
