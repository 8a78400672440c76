// A function of a program that runs on means to wait for ever.
setInterval(() => undefined, 500);
process.once('SIGTERM', () => process.exit());

async function forEver() {
  await new Promise(() => {});
}
void forEver();
console.log('stands');
