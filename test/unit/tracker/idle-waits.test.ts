import { expect, test } from 'vitest';
import type { Stack } from '../../../src/core/stack.ts';
import type { Wait } from '../../../src/core/wait.ts';
import { Stage } from './stage.ts';

/** Somebody waits for the lock that `X` has, while others wait for work. */
class Standing extends Stage {
  readonly x = this.task('X');
  readonly lock1 = this.object('stock');
  readonly behind: Wait;

  constructor() {
    super();
    this.lock(this.x, this.lock1);
    this.behind = this.block(this.task('Y'), this.lock1);
  }

  poll(name: string, stack: Stack | null): Wait {
    const wait = this.sleep(this.task(`poller of ${name}`), this.object(name, 'event'));
    wait.stack = stack;
    return wait;
  }

  get told(): readonly string[] {
    return this.live.stalled().map(({ className }) => className);
  }
}

function stackIn(...paths: readonly string[]): Stack {
  return { frames: paths.map((path) => ({ functionName: 'f', file: path, path, line: 1, column: 1 })) };
}

const LIBRARY = '/app/node_modules/queue/worker.js';

test('a library that waits for work, with stacks left or without, is not told of beside who waits for a lock', () => {
  const stage = new Standing();
  stage.poll('jobs', stackIn(LIBRARY, LIBRARY));
  stage.poll('marker', null);
  expect(stage.told).toEqual(['stock:0']);
  expect(stage.live.takeStalled()).toHaveLength(1);
});

test('it is told of where the program itself waits, or where something waits behind it', () => {
  const stage = new Standing();
  stage.poll('jobs', stackIn(LIBRARY, '/app/src/main.js'));
  const holder = stage.sleep(stage.x, stage.object('reply', 'event'));
  holder.stack = stackIn(LIBRARY);
  expect(stage.told.toSorted()).toEqual(['jobs:0', 'reply:0', 'stock:0']);
  const stopped = stage.live.stalled().find(({ className }) => className === 'stock:0');
  expect(stopped?.owners[0]?.stoppedBy).toHaveLength(1);
});
