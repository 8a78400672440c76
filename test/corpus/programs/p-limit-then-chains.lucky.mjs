// p-limit-then-chains [lucky] (p-limit) - one page without parts
import pLimit from 'p-limit';

const limit = pLimit(2);
const wait = ms => new Promise(resolve => setTimeout(resolve, ms));

function getJson(path) { return limit(() => wait(1).then(() => ({ path, refs: path === '/' ? ['/a', '/b'] : [] }))); }
function getTree(path) {
  return limit(() => wait(1).then(() => getJson(path))
    .then(page => Promise.all(page.refs.map(ref => getJson(ref))))
    .then(children => ({ path, children })));
}
getTree('/x').then(tree => console.log('done', tree.children.length), error => { console.error(error); process.exit(1); });
