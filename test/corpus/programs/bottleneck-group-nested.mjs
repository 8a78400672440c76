// bottleneck-group-nested [hang] (bottleneck) - a job of a tenant schedules another one with the limiter of that tenant; the group looks at its limiters with a timer
import 'node:http2';
import Bottleneck from 'bottleneck';

const perTenant = new Bottleneck.Group({ maxConcurrent: 1 });
const api = (tenant, path) => perTenant.key(tenant).schedule(async () => { await new Promise((r) => setTimeout(r, 1)); return path; });
const sync = (tenant) =>
  perTenant.key(tenant).schedule(async () => (tenant === 'acme' ? [await api(tenant, '/users'), await api(tenant, '/teams')] : []));

const gauge = setInterval(() => perTenant.keys().length, 200);
console.log(await sync('small'), await sync('tiny'));
console.log(await sync('acme'));
clearInterval(gauge);
await perTenant.disconnect();
console.log('done');
