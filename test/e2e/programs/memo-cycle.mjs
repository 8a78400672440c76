// Three memoised factories await each other; nothing that a library hook sees.
const memo = new Map();
const get = (name, make) => memo.get(name) ?? memo.set(name, make()).get(name);

async function loadUser(id) {
  await Promise.resolve();
  return await get('team', () => loadTeam(id));
}
async function loadTeam(id) {
  await Promise.resolve();
  return await get('org', () => loadOrg(id));
}
async function loadOrg(id) {
  await Promise.resolve();
  return await get('user', () => loadUser(id));
}

console.log(await get('user', () => loadUser(7)));
