// Waits for a timer longer than anybody likes, then goes on.
async function waitLong() {
  await new Promise((resolve) => setTimeout(resolve, 4000));
}

await waitLong();
console.log('goes on');
