// As many listeners as an emitter may have before Node warns of a leak.
for (let i = 0; i < 10; i++) {
  process.on('exit', () => undefined);
  process.on('beforeExit', () => undefined);
}
console.log('ended well');
