// lodash-memoize-cycle [fixed] (lodash) - a user names its team, and loads it not
import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import _ from 'lodash';

const file = fileURLToPath(import.meta.url);
const teams = { ann: 'core', bob: 'core' };

const loadUser = _.memoize(async (name) => {
  await stat(file);
  return { name, team: teams[name] };
});

const loadTeam = _.memoize(async (team) => {
  await stat(file);
  const members = Object.keys(teams).filter((name) => teams[name] === team);
  return { team, members: await Promise.all(members.map((name) => loadUser(name))) };
});

console.log((await loadTeam('core')).members.length, (await loadTeam('core')).team, (await loadUser('ann')).team);
console.log('done');
