// mixed-limit-dataloader [hang] (p-limit + dataloader) - a slot, then a loader that needs a slot for its batch
import DataLoader from 'dataloader';
import pLimit from 'p-limit';
import { setTimeout as sleep } from 'node:timers/promises';

const limit = pLimit(1);
const fetchUser = async id => { await sleep(1); return { id }; };
const users = new DataLoader(ids => Promise.all(ids.map(id => limit(() => fetchUser(id)))));
const render = post => limit(async () => ({ post, author: await users.load(post) })); // the loader needs a slot too
console.log('done', (await Promise.all([1].map(render))).length);
