// Loads the packages named on the command line, and uses none.
for (const name of process.argv.slice(2)) await import(name);
console.log('ended well');
