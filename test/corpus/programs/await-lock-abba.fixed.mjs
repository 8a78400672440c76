// await-lock-abba [fixed] (await-lock) - both take users first
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
  await users.acquireAsync();
  try {
    await sleep(3);
    await orders.acquireAsync();
    try { await sleep(1); } finally { orders.release(); }
  } finally { users.release(); }
}

await Promise.all([moveOrder(), mergeUsers()]);
console.log('done');
