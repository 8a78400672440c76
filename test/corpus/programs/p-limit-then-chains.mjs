// p-limit-then-chains [hang] (p-limit) - chains of then: a limited task goes on with another one
import pLimit from 'p-limit';

const limit = pLimit(2);
const wait = ms => new Promise(resolve => setTimeout(resolve, ms));

function getJson(path) { return limit(() => wait(1).then(() => ({ path, refs: path === '/' ? ['/a', '/b'] : [] }))); }
function getTree(path) {
  return limit(() => wait(1).then(() => getJson(path))
    .then(page => Promise.all(page.refs.map(ref => getJson(ref))))
    .then(children => ({ path, children })));
}
Promise.all([getTree('/'), getTree('/x')]).then(trees => console.log('done', trees.length), error => { console.error(error); process.exit(1); });
