for (const signal of ['SIGTERM', 'SIGQUIT', 'SIGUSR2']) {
  process.on(signal, () => {
    console.log(`got ${signal}`);
    process.exit(5);
  });
}
setInterval(() => undefined, 1000);
console.log('ready');
