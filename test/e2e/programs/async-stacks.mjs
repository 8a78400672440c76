// Prints who awaits each error of what is joined, as V8 tells it in the stack.
async function fails(name) {
  await Promise.resolve();
  throw new Error(name);
}

async function all() {
  await Promise.all([fails('one'), fails('two')]);
}

async function any() {
  await Promise.any([fails('one'), fails('two')]);
}

async function allSettled() {
  throw (await Promise.allSettled([fails('one'), fails('two')]))[1].reason;
}

class Own extends Promise {}

async function subclass() {
  await Own.all([fails('one'), fails('two')]);
}

const print = (error) => console.log(error.stack.replaceAll(import.meta.url, 'here'));
for (const run of [all, any, allSettled, subclass]) {
  await run().catch((error) => [error, ...(error.errors ?? [])].forEach(print));
}
