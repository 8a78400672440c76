// mariadb-pool-nested [fixed] (mariadb) - connection.query()
import { createPool } from 'mariadb';
import mysql from 'mysql2';

const server = mysql.createServer();
let connectionId = 0;
server.on('connection', c => {
  c.stream.unref();
  c.serverHandshake({
    protocolVersion: 10, serverVersion: '8.0.0', connectionId: ++connectionId, statusFlags: 2, characterSet: 33, capabilityFlags: 0xffffff,
    authCallback: (login, answer) => { answer(null); c.sequenceId = 0; },
  });
  for (const command of ['query', 'ping', 'stmt_prepare']) {
    c.on(command, () => { c.sequenceId = 1; c.writeOk(); c.sequenceId = 0; });
  }
  c.on('error', () => {});
});
await new Promise(r => server.listen(0, '127.0.0.1', r));
server._server.unref();
const pool = createPool({ host: '127.0.0.1', port: server._server.address().port, user: 'u', connectionLimit: 2 });

async function importRow(id) {
  const conn = await pool.getConnection();
  try {
    await conn.query('START TRANSACTION');
    await conn.query('INSERT INTO log VALUES (1)');
    await conn.query('COMMIT');
  } finally { await conn.release(); }
}

await Promise.all([1, 2].map(importRow));
await pool.end();
console.log('done');
