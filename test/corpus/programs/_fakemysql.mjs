// Minimal MySQL server for the real `mysql` client: it lets everybody in, and whatever it is asked, it says OK.
import net from 'node:net';
export async function startFakeMysql() {
  const packet = (body, id) => { const head = Buffer.alloc(4); head.writeUIntLE(body.length, 0, 3); head[3] = id; return Buffer.concat([head, body]); };
  const salt = Buffer.alloc(8, 1), ok = Buffer.from([0, 0, 0, 2, 0, 0, 0]);
  const hello = Buffer.concat([
    Buffer.from([10]), Buffer.from('5.7.0\0'), Buffer.from([1, 0, 0, 0]), salt, Buffer.from([0, 0xff, 0xf7, 33, 2, 0, 0x0f, 0, 21]),
    Buffer.alloc(10), Buffer.alloc(12, 1), Buffer.from([0]), Buffer.from('mysql_native_password\0'),
  ]);
  const server = net.createServer(sock => {
    sock.unref(); let buf = Buffer.alloc(0);
    sock.write(packet(hello, 0));
    sock.on('error', () => {}); sock.on('data', d => {
      buf = Buffer.concat([buf, d]);
      while (buf.length >= 4 && buf.length >= 4 + buf.readUIntLE(0, 3)) {
        const size = buf.readUIntLE(0, 3), id = buf[3], command = buf[4]; buf = buf.subarray(4 + size);
        if (id === 0 && command === 1) { sock.end(); return; } // COM_QUIT
        sock.write(packet(ok, id + 1));
      }
    });
  });
  await new Promise(r => server.listen(0, '127.0.0.1', r)); server.unref();
  return { host: '127.0.0.1', port: server.address().port, user: 'u' };
}
