// tarn-then-chains [fixed] (tarn) - the resource is passed on
'use strict';
const { Pool } = require('tarn');
let id = 0;
const pool = new Pool({ create: () => Promise.resolve({ id: ++id }), destroy: () => Promise.resolve(), min: 0, max: 2 });
const use = work => pool.acquire().promise.then(c => Promise.resolve(work(c)).finally(() => pool.release(c)));
const sleep = ms => new Promise(r => setTimeout(r, ms));
const stock = c => sleep(1).then(() => c.id);
const cart = () => use(c => sleep(1).then(() => stock(c)));
Promise.all([cart(), cart()]).then(n => pool.destroy().then(() => console.log('done', n.length)));
