process.on('SIGTERM', () => {
  console.log('got SIGTERM');
  process.exit(5);
});
setInterval(() => undefined, 1000);
console.log('ready');
