// pg-client-lost [hang] (pg) - an error skips what gives the client back; with the second one the pool has run dry
import { createServer } from 'node:http';
import { execFile } from 'node:child_process';
import pg from 'pg';
import { startFakePg } from './_fakepg.mjs';

const pool = new pg.Pool({ ...(await startFakePg()), max: 2 });

async function report(id) {
  const client = await pool.connect();
  const { rows } = await client.query('SELECT text FROM reports WHERE id = $1', [id]);
  if (id < 0) throw new Error('no such report');
  client.release();
  return String(rows[0].v);
}

const server = createServer(async (request, response) => {
  try {
    response.end(await report(Number(request.url.slice(1))));
  } catch (error) {
    response.writeHead(404).end(error.message);
  }
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

const visits = `for (const id of [1, -1, 2, -1, 3])
  await fetch('http://127.0.0.1:${server.address().port}/' + id).then((answer) => answer.text());`;
execFile(process.execPath, ['--input-type=module', '-e', visits], async (error) => {
  if (error) throw error;
  server.close();
  await pool.end();
  console.log('done');
});
