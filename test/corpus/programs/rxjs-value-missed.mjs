// rxjs-value-missed [hang] (rxjs) - the value is emitted before firstValueFrom() listens
import { Subject, firstValueFrom, ReplaySubject } from 'rxjs';
import { setTimeout as sleep } from 'node:timers/promises';

const ready$ = new Subject();
async function connect() { await sleep(1); ready$.next('ready'); }
async function main() {
  await connect();
  const state = await firstValueFrom(ready$);
  console.log('done', state);
}
main();
