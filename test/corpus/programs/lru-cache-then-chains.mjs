// lru-cache-then-chains [hang] (lru-cache) - chains of then: entries that need each other
import { LRUCache } from 'lru-cache';
const sleep = ms => new Promise(r => setTimeout(r, ms));
const deps = { app: ['core'], core: ['util'], util: [] };
deps.util.push('app');
const modules = new LRUCache({ max: 10, fetchMethod: name => sleep(1).then(() => Promise.all(deps[name].map(dep => modules.fetch(dep)))).then(list => ({ name, size: list.length })) });
modules.fetch('app').then(app => console.log('done', app.name));
