// rxjs-value-missed [lucky] (rxjs) - it listens before
import { Subject, firstValueFrom, ReplaySubject } from 'rxjs';
import { setTimeout as sleep } from 'node:timers/promises';

const ready$ = new Subject();
async function connect() { await sleep(1); ready$.next('ready'); }
async function main() {
  const [state] = await Promise.all([firstValueFrom(ready$), connect()]);
  console.log('done', state);
}
main();
