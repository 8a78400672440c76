import { Script } from 'node:vm';
import { expect, test } from 'vitest';
import { marked } from '../../../instrument/own-locks/marked.ts';
import { LibraryStage } from './libraries/library-stage.ts';

const TAIL = `let tail = Promise.resolve();`;
const RUN = '{ const p = tail.then(() => fn()); tail = p.catch(() => undefined); return p }';

/** The body of a function that gives what is to be the same with the marks. */
const PROGRAMS: readonly (readonly [name: string, source: string])[] = [
  [
    'a class as the key of what is taken and given back',
    `class Keyed {
  held = new Set();
  line = [];
  async acquire(key) { while (this.held.has(key)) await new Promise((r) => this.line.push(r)); this.held.add(key); }
  release(key) { this.held.delete(key); for (const go of this.line.splice(0)) go(); }
}
class Key {}
const lock = new Keyed();
const log = [];
const use = async (name) => { await lock.acquire(Key); log.push(name + 1); await undefined; log.push(name + 2); lock.release(Key); };
return Promise.all([use('a'), use('b')]).then(() => log);`,
  ],
  [
    'a class as the key of what is run',
    `class Keyed {
  tails = new Map();
  run(key, fn) { const before = this.tails.get(key) ?? Promise.resolve(); const result = before.then(fn); this.tails.set(key, result); return result; }
}
class Key {}
const lock = new Keyed();
const log = [];
const use = (name) => lock.run(Key, async () => { log.push(name + 1); await undefined; log.push(name + 2); });
return Promise.all([use('a'), use('b')]).then(() => log);`,
  ],
  [
    'a directive with a comment behind it, and no semicolons',
    `'use strict' // @ts-check
${TAIL}
const run = (fn) => ${RUN}
return run(async () => (function () { return this === undefined })())`,
  ],
  [
    'several directives, and a line that begins with a bracket',
    `'use strict'
'use other'
${TAIL}
const run = (fn) => ${RUN}
;[1].forEach(() => undefined)
return run(async () => (function () { return this === undefined })())`,
  ],
  [
    'a line behind it that a call would go on with',
    `${TAIL}
const run = (fn) => ${RUN}
const log = []
;(() => { log.push(typeof run) })()
return run(async () => log)`,
  ],
  [
    'a function that has properties which are set later',
    `function make() {
  let active = 0;
  const line = [];
  const limit = async (fn) => {
    while (active >= limit.max) await new Promise((r) => line.push(r));
    active++;
    try { return await fn(); } finally { active--; line.shift()?.(); }
  };
  limit.max = 1;
  return limit;
}
const limit = make();
limit.max = 3;
let most = 0;
let now = 0;
const task = async () => { most = Math.max(most, ++now); await undefined; now--; };
return Promise.all([1, 2, 3].map(() => limit(task))).then(() => most);`,
  ],
  [
    'tasks that are looked for in the queue',
    `class Queue {
  busy = false;
  jobs = [];
  run(task) { return new Promise((resolve, reject) => { this.jobs.push({ task, resolve, reject }); void this.next(); }); }
  async next() { if (this.busy) return; this.busy = true; for (let job; (job = this.jobs.shift()); ) job.resolve(await job.task()); this.busy = false; }
  cancel(task) { const at = this.jobs.findIndex((job) => job.task === task); if (at >= 0) this.jobs.splice(at, 1); return at >= 0; }
}
const queue = new Queue();
const later = async () => 'later';
const first = queue.run(async () => 'first');
void queue.run(later);
const isCancelled = queue.cancel(later);
return first.then((value) => [value, isCancelled]);`,
  ],
  [
    'a name of its own that the marks use',
    `const __dept0 = 'mine';
${TAIL}
const run = (fn) => ${RUN};
return run(async () => __dept0);`,
  ],
  [
    'a function that is a value, with a name',
    `const api = {};
${TAIL}
api.run = function queueMicrotask(fn) ${RUN};
return api.run(async () => typeof globalThis.queueMicrotask);`,
  ],
];

test.each(PROGRAMS)('runs as it would without marks: %s', async (_name, source) => {
  const result = (text: string): unknown =>
    (new Script(`(function () {${text}\n})`, { filename: '/program/own.js' }).runInThisContext() as () => unknown)();
  const bare = await result(source);
  using _stage = new LibraryStage();
  expect(await result(marked(source) ?? source)).toEqual(bare);
});

test('most of these are taken for locks', () => {
  const names = PROGRAMS.filter(([, source]) => marked(source) !== null).map(([name]) => name);
  expect(names).toEqual(PROGRAMS.slice(0, 5).map(([name]) => name));
});
