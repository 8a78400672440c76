/**
 * Memory: what a class, a dependency with its evidence, a context and an operation cost, and whether it stays flat.
 *
 *     node --expose-gc --conditions dept:source --import tsx bench/scale.bench.ts [--short] [--json FILE]
 */
import { parseArgs } from 'node:util';
import { Mutex, NodeStacks } from 'dept';
import { DeptTracker, Session } from 'dept/tracker';
import { LOCK } from '../src/core/how.ts';
import type { TrackedObject } from '../src/core/tracked-object.ts';
import { attachSession, detachSession } from '../src/sync/hooks.ts';
import { Table } from './table.ts';

const { values: options } = parseArgs({ options: { short: { type: 'boolean' }, json: { type: 'string' } } });
const SCALE = options.short ? 0.01 : 1;
const table = new Table();

function heap(): number {
  if (globalThis.gc === undefined) throw new Error('run with --expose-gc: without it heap figures mean nothing');
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** 16 distinct levels of calls, so that every stack has 16 frames. */
function deep(levels: number, run: () => void): void {
  if (levels === 0) run();
  else deep(levels - 1, run);
}

function classesAndDependencies(): void {
  const classes = Math.floor(100_000 * SCALE);
  const dependencies = classes * 16;
  const session = new Session();
  const tracker = new DeptTracker(session, { filters: false });
  session.addObserver(tracker);
  const empty = heap();
  const objects = Array.from({ length: classes }, (_, i) => session.object({ kind: 'mutex', name: `lock ${i}` }));
  const named = heap();
  table.add('one class and its object', (named - empty) / classes, 'B', null, `${classes} classes`);
  const context = session.exactContext('T');
  const lock = (object: TrackedObject) => session.granted(session.wait(object, LOCK, null, context));
  const before = tracker.store.graph.edgeCount;
  for (let i = 0; i < classes; i++) {
    const held = lock(objects[i] as TrackedObject);
    for (let k = 1; k <= 16; k++) session.exit(lock(objects[(i + k * 7) % classes] as TrackedObject), context);
    session.exit(held, context);
  }
  const learnt = tracker.store.graph.edgeCount - before;
  const full = heap();
  table.add(
    'one dependency, evidence without stacks',
    (full - named) / learnt,
    'B',
    null,
    `${learnt} of ${dependencies}`,
  );
  table.add('the graph alone, per dependency', tracker.store.graph.bytes / tracker.store.graph.edgeCount, 'B');
}

function stacks(): void {
  const count = Math.floor(20_000 * SCALE);
  const session = new Session({ stacks: new NodeStacks(16), limits: { maxStacksPerClass: 4 } });
  const tracker = new DeptTracker(session, { filters: false });
  session.addObserver(tracker);
  const objects = Array.from({ length: count + 1 }, (_, i) => session.object({ kind: 'mutex', name: `lock ${i}` }));
  const context = session.exactContext('T');
  // Interrupts would add dependencies that share the stacks of these.
  for (const irq of ['hardirq', 'softirq'] as const) session.setIrq(irq, false, context);
  // A class is not a part of its dependencies; without this it would be made by its first one.
  for (const object of objects) object.classOf(0);
  const empty = heap();
  const before = tracker.store.graph.edgeCount;
  for (let i = 0; i < count; i++) {
    deep(16, () => {
      const outer = session.granted(session.wait(objects[i] as TrackedObject, LOCK, null, context));
      session.exit(session.granted(session.wait(objects[i + 1] as TrackedObject, LOCK, null, context)), context);
      session.exit(outer, context);
    });
  }
  const learnt = tracker.store.graph.edgeCount - before;
  table.add('one dependency with stacks of 16 frames', (heap() - empty) / learnt, 'B', 512, `${learnt} dependencies`);
}

function contexts(): void {
  const count = Math.floor(1_000_000 * SCALE);
  const session = new Session();
  session.addObserver(new DeptTracker(session, { filters: false }));
  const empty = heap();
  const live = Array.from({ length: count }, () => session.asyncContext('request'));
  table.add('one live named asynchronous context', (heap() - empty) / live.length, 'B', null, `${count} contexts`);
  const tasks = Array.from({ length: count / 10 }, () => session.exactContext('task'));
  table.add('one live exact context', (heap() - empty) / tasks.length, 'B', null, 'upper bound: both kinds counted');
}

async function soak(): Promise<void> {
  const pairs = Math.floor(10_000_000 * SCALE);
  const session = new Session();
  session.addObserver(new DeptTracker(session));
  attachSession(session, (fault) => {
    throw fault;
  });
  const mutexes = Array.from({ length: 100 }, (_, i) => new Mutex({ name: `lock ${i}` }));
  const worker = async (id: number, rounds: number): Promise<void> => {
    for (let i = 0; i < rounds; i++) (await mutexes[(id + i) % 100]?.lock())?.release();
  };
  const run = async (share: number): Promise<number> => {
    await Promise.all(Array.from({ length: 10_000 * SCALE }, (_, id) => worker(id, (pairs / 10_000 / SCALE) * share)));
    return heap();
  };
  const warm = await run(0.1);
  const end = await run(0.9);
  table.add(
    'heap growth over the soak',
    (end - warm) / 1024,
    'KiB',
    1024,
    `${pairs} pairs by ${10_000 * SCALE} contexts`,
  );
  detachSession();
}

classesAndDependencies();
stacks();
contexts();
await soak();
table.write(options.json);
