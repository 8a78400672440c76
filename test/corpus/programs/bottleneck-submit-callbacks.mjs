// bottleneck-submit-callbacks [hang] (bottleneck) - callbacks only: a job submits another one and ends with it
import Bottleneck from 'bottleneck';

const api = new Bottleneck({ maxConcurrent: 1 });
const get = (id, done) => setTimeout(done, 1, null, id);

function list(done) {
  get('list', () => api.submit(get, 'item', done));
}

api.submit(list, (error, result) => console.log('done', error, result));
