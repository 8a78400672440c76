// A normal end: one promise is awaited from the beginning, and comes a little after the process has done nothing for four seconds.
import { setTimeout } from 'node:timers';

let arrive;
const order = new Promise((resolve) => {
  arrive = resolve;
});
async function ship() {
  console.log(`shipped ${await order}`);
}
const shipped = ship();
setTimeout(arrive, 4_600, 'stapler');
await shipped;
