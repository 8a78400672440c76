// own-server-abba [fixed] (async-mutex, axios) - the stock is released before the request
import http from 'node:http';
import { Mutex } from 'async-mutex';
import axios from 'axios';

const stock = new Mutex();
const ledger = new Mutex();
const server = http.createServer(async (req, res) => {
  await ledger.runExclusive(() => res.end('booked'));
});
await new Promise(r => server.listen(0, '127.0.0.1', r));
const url = `http://127.0.0.1:${server.address().port}/book`;

async function placeOrder() {
  await stock.runExclusive(() => {});
  await axios.get(url); // the handler needs the ledger, and the stock is free again
}

async function closeBooks() {
  await ledger.runExclusive(async () => {
    await new Promise(r => setTimeout(r, 50));
    await stock.runExclusive(() => {});
  });
}

await Promise.all([closeBooks(), placeOrder()]);
console.log('done');
server.close();
