// lru-cache-then-chains [fixed] (lru-cache) - none needs itself
import { LRUCache } from 'lru-cache';
const sleep = ms => new Promise(r => setTimeout(r, ms));
const deps = { app: ['core'], core: ['util'], util: [] };
const modules = new LRUCache({ max: 10, fetchMethod: name => sleep(1).then(() => Promise.all(deps[name].map(dep => modules.fetch(dep)))).then(list => ({ name, size: list.length })) });
modules.fetch('app').then(app => console.log('done', app.name));
