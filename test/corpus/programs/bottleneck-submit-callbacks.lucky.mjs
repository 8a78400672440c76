// bottleneck-submit-callbacks [lucky] (bottleneck) - two jobs at a time
import Bottleneck from 'bottleneck';

const api = new Bottleneck({ maxConcurrent: 2 });
const get = (id, done) => setTimeout(done, 1, null, id);

function list(done) {
  get('list', () => api.submit(get, 'item', done));
}

api.submit(list, (error, result) => console.log('done', error, result));
