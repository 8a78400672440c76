import { EventEmitter, once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { NodeStage } from './node-stage.ts';

let stage: NodeStage;

beforeEach(() => {
  stage = new NodeStage();
});

afterEach(() => stage.end());

class Jobs extends EventEmitter {}

/** The events that are waited for in vain, as far as it is told. */
function lostOf(jobs: Jobs, names: readonly string[]): readonly (string | undefined)[] {
  for (const name of names) void once(jobs, name);
  stage.look({ isLast: true });
  return stage.messages.map((message) => / waits for (\S+) of Jobs/.exec(message)?.[1]);
}

test('of an emitter with a name for each job the newest names are remembered, and those of its own state', () => {
  const jobs = new Jobs();
  jobs.emit('ready');
  for (let job = 0; job < 300; job++) jobs.emit(`completed:${job}`);
  expect(lostOf(jobs, ['ready', 'completed:0', 'completed:299'])).toEqual(['ready', 'completed:299']);
});

test('each emitter has names of its own', () => {
  const [old, busy] = [new Jobs(), new Jobs()];
  old.emit('completed:0');
  for (let job = 0; job < 300; job++) busy.emit(`completed:${job}`);
  expect(lostOf(old, ['completed:0'])).toEqual(['completed:0']);
});

test('so many names have stacks, and those that come later are told without', () => {
  const several = Array.from({ length: 20 }, () => new Jobs());
  for (const [index, jobs] of several.entries()) {
    for (let job = 0; job < 250; job++) jobs.emit(`completed:${index}:${job}`);
  }
  const [first, last] = [several[0] as Jobs, several.at(-1) as Jobs];
  expect(lostOf(first, ['completed:0:0'])).toEqual(['completed:0:0']);
  expect(lostOf(last, ['completed:19:249'])).toEqual(['completed:0:0', 'completed:19:249']);
  const stacks = stage.findings.map(({ openWaits }) => openWaits?.[0]?.owners[0]?.stack ?? null);
  expect(stacks[0]?.frames[0]?.file).toMatch(/emitted-events\.test\.ts$/);
  expect(stacks[1]).toBeNull();
});
