// throat-then-chains [fixed] (throat) - only the listing is limited
'use strict';
const throat = require('throat');
const limit = throat(2);
const tree = { '/': ['/a', '/b'], '/a': ['/a/1'], '/b': ['/b/1'], '/a/1': [], '/b/1': [] };
const list = dir => new Promise(r => setTimeout(() => r(tree[dir]), 1));
function walk(dir) { return limit(() => list(dir)).then(names => Promise.all(names.map(walk)).then(counts => 1 + counts.reduce((a, b) => a + b, 0))); }
walk('/').then(count => console.log('done', count));
