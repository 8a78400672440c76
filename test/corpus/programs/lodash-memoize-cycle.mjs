// lodash-memoize-cycle [hang] (lodash) - a user needs its team, which needs its users
import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import _ from 'lodash';

const file = fileURLToPath(import.meta.url);
const teams = { ann: 'core', bob: 'core' };

const loadUser = _.memoize(async (name) => {
  await stat(file);
  return { name, team: await loadTeam(teams[name]) };
});

const loadTeam = _.memoize(async (team) => {
  await stat(file);
  const members = Object.keys(teams).filter((name) => teams[name] === team);
  return { team, members: await Promise.all(members.map((name) => loadUser(name))) };
});

console.log((await loadUser('ann')).name);
console.log('done');
