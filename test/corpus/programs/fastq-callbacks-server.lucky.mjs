// fastq-callbacks-server [lucky] (fastq) - a second slot is free
import { readFile } from 'node:fs';
import { createServer } from 'node:http';
import fastq from 'fastq';

const made = new Map();
const renders = fastq((job, done) => {
  readFile(import.meta.filename, 'utf8', (error, source) => {
    if (error !== null) return done(error);
    if (job.parts === undefined) return done(null, `${job.name} ${source.length > 0}`);
    let left = job.parts.length;
    for (const name of job.parts) {
      renders.push({ name }, (failure, part) => {
        made.set(name, part);
        if (--left === 0) done(failure, job.name);
      });
    }
  });
}, 2);

const server = createServer((request, response) => {
  const name = request.url.slice(1);
  renders.push(name === 'album' ? { name, parts: ['front', 'back'] } : { name }, (_error, page) => response.end(page));
});
server.listen(0, '127.0.0.1', async () => {
  const page = (name) => fetch(`http://127.0.0.1:${server.address().port}/${name}`).then((response) => response.text());
  console.log(await page('single'));
  console.log(await page('album'));
  console.log(made.size);
  server.close();
  server.closeAllConnections();
  console.log('done');
});
