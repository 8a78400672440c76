// await-lock-abba [hang] (await-lock) - two tasks take two locks in opposite order
import AwaitLock from 'await-lock';
import { setTimeout as sleep } from 'node:timers/promises';

const Lock = AwaitLock.default ?? AwaitLock;
const users = new Lock();
const orders = new Lock();

async function moveOrder() {
  await users.acquireAsync();
  try {
    await sleep(3); // look the user up
    await orders.acquireAsync();
    try { await sleep(1); } finally { orders.release(); }
  } finally { users.release(); }
}

async function mergeUsers() {
  await orders.acquireAsync();
  try {
    await sleep(3);
    await users.acquireAsync();
    try { await sleep(1); } finally { users.release(); }
  } finally { orders.release(); }
}

await Promise.all([moveOrder(), mergeUsers()]);
console.log('done');
