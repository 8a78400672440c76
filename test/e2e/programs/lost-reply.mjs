// A reply that nobody sends: the promise that is awaited is never settled.
const replies = new Map();

async function ask(question) {
  const secret = 'hunter2';
  const answer = await new Promise((resolve) => replies.set(question, resolve));
  return secret + answer;
}

console.log(await ask('why'));
