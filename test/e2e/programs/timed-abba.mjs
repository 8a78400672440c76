// The inner lock gives up after a while in one order, and is only tried in another: neither can hang for ever.
import { Mutex, tryAcquire, withTimeout } from 'async-mutex';

const [stock, ledger, audit, log] = [new Mutex(), new Mutex(), new Mutex(), new Mutex()];
const patientLedger = withTimeout(ledger, 50);

await stock.runExclusive(() => patientLedger.runExclusive(() => undefined));
await ledger.runExclusive(() => stock.runExclusive(() => undefined));

await audit.runExclusive(() => tryAcquire(log).runExclusive(() => undefined));
await log.runExclusive(() => audit.runExclusive(() => undefined));
console.log('ended well');
