// lodash-memoize-cycle [lucky] (lodash) - the team was there when ann joined it
import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import _ from 'lodash';

const file = fileURLToPath(import.meta.url);
const teams = {};

const loadUser = _.memoize(async (name) => {
  await stat(file);
  return { name, team: teams[name] === undefined ? undefined : (await loadTeam(teams[name])).team };
});

const loadTeam = _.memoize(async (team) => {
  await stat(file);
  return { team, lead: (await loadUser('ann')).name };
});

console.log((await loadTeam('core')).lead);
teams.ann = 'core';
loadUser.cache.delete('ann');
console.log((await loadUser('ann')).team);
console.log('done');
