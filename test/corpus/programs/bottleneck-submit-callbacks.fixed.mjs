// bottleneck-submit-callbacks [fixed] (bottleneck) - the job calls the function itself
import Bottleneck from 'bottleneck';

const api = new Bottleneck({ maxConcurrent: 1 });
const get = (id, done) => setTimeout(done, 1, null, id);

function list(done) {
  get('list', () => get('item', done));
}

api.submit(list, (error, result) => console.log('done', error, result));
