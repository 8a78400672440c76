// lru-cache-then-chains [lucky] (lru-cache) - one of them is there already
import { LRUCache } from 'lru-cache';
const sleep = ms => new Promise(r => setTimeout(r, ms));
const deps = { app: ['core'], core: ['util'], util: [] };
deps.util.push('app');
const modules = new LRUCache({ max: 10, fetchMethod: name => sleep(1).then(() => Promise.all(deps[name].map(dep => modules.fetch(dep)))).then(list => ({ name, size: list.length })) });
modules.set('app', { name: 'app', size: 0 });
modules.fetch('util').then(() => { modules.delete('app'); return modules.fetch('app'); }).then(m => console.log('done', m.name));
