// dataloader-two-loaders [fixed] (dataloader) - teams need no users
import DataLoader from 'dataloader';
import { setTimeout as sleep } from 'node:timers/promises';
const userRows = { 1: { id: 1, team: 10 }, 2: { id: 2, team: 20 }, 9: { id: 9, team: null } };
const teamRows = { 10: { id: 10, lead: 1 }, 20: { id: 20, lead: 9 } };
const users = new DataLoader(async (ids) => {
  await sleep(3);
  return Promise.all(
    ids.map(async (id) => {
      const u = userRows[id];
      const team = u.team ? await teams.load(u.team) : null;
      return { ...u, team: team?.id };
    }),
  );
});
const teams = new DataLoader(async (ids) => {
  await sleep(3);
  return ids.map((id) => teamRows[id]);
});
console.log('done', (await Promise.all([users.load(1), users.load(2)])).map((u) => u.team).join());
