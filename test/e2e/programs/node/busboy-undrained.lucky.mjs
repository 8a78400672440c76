// busboy-undrained [lucky] (busboy (multer)) - the form has no file part
import busboy from 'busboy';

const avatar = null; // the form was sent without a file
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
