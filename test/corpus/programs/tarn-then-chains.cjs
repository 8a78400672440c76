// tarn-then-chains [hang] (tarn) - chains of then: a resource inside of a resource, given back in finally; max 2
'use strict';
const { Pool } = require('tarn');
let id = 0;
const pool = new Pool({ create: () => Promise.resolve({ id: ++id }), destroy: () => Promise.resolve(), min: 0, max: 2 });
const use = work => pool.acquire().promise.then(c => Promise.resolve(work(c)).finally(() => pool.release(c)));
const sleep = ms => new Promise(r => setTimeout(r, ms));
const stock = c => sleep(1).then(() => c.id);
const cart = () => use(() => sleep(1).then(() => use(stock)));
Promise.all([cart(), cart()]).then(n => pool.destroy().then(() => console.log('done', n.length)));
