/** Loaders that keep their promises: each is loaded once, whoever asks. */
const loaded = new Map<string, Promise<string>>();

function once(name: string, load: () => Promise<string>): Promise<string> {
  const known = loaded.get(name) ?? load();
  loaded.set(name, known);
  return known;
}

async function loadUser(): Promise<string> {
  await Promise.resolve();
  return `user of ${await once('team', loadTeam)}`;
}

async function loadTeam(): Promise<string> {
  await Promise.resolve();
  return `team of ${await once('user', loadUser)}`;
}

console.log(await once('user', loadUser));
