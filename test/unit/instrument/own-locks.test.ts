import { Script } from 'node:vm';
import { expect, test } from 'vitest';
import { marked } from '../../../instrument/own-locks/marked.ts';

const QUEUED = 'await new Promise((resolve) => this.waiting.push(resolve));';

function classOf(...members: readonly string[]): string {
  return `class Thing {\n  waiting = [];\n  ${members.join('\n  ')}\n}`;
}

const NO_LOCKS: readonly (readonly [name: string, source: string])[] = [
  [
    'a channel',
    classOf(
      'items = [];',
      'async take() { if (this.items.length > 0) return this.items.shift(); return new Promise((r) => this.waiting.push(r)); }',
      'put(item) { const next = this.waiting.shift(); if (next) next(item); else this.items.push(item); }',
    ),
  ],
  [
    'a channel with room for so many',
    classOf(
      'items = []; count = 0;',
      `async push(item) { while (this.count === 3) ${QUEUED} this.items.push(item); this.count++; }`,
      'pop() { this.count--; this.waiting.shift()?.(); return this.items.shift(); }',
    ),
  ],
  [
    'a gate',
    classOf(
      'isOpen = false;',
      `async enter() { if (!this.isOpen) ${QUEUED} }`,
      'open() { this.isOpen = true; for (const go of this.waiting.splice(0)) go(); }',
      'close() { this.isOpen = false; }',
    ),
  ],
  [
    'a barrier',
    classOf(
      'count = 0;',
      `async arrive() { this.count++; if (this.count < 3) ${QUEUED} else for (const go of this.waiting.splice(0)) go(); }`,
    ),
  ],
  [
    'a latch',
    classOf(
      'left = 3;',
      `async wait() { if (this.left > 0) ${QUEUED} }`,
      'countDown() { this.left--; if (this.left === 0) this.waiting.splice(0).forEach((go) => go()); }',
    ),
  ],
  [
    'a door, for which nobody waits',
    'class Door {\n  locked = false;\n  async lock() { await this.motor.turn(); this.locked = true; }\n  async unlock() { await this.motor.turn(); this.locked = false; }\n}',
  ],
  [
    'references that are counted',
    'class Ref {\n  count = 0;\n  acquire() { this.count++; return Promise.resolve(this).then((x) => x); }\n  release() { this.count--; }\n}',
  ],
  [
    'what is loaded once',
    'class Once {\n  pending = null;\n  get(load) { this.pending ??= load().then((value) => value); return this.pending; }\n}',
  ],
  [
    'a chain of starts: the tasks are not in it',
    'class Rate {\n  chain = Promise.resolve();\n  run(task) { const slot = this.chain.then(() => this.pause()); this.chain = slot.catch(() => undefined); return slot.then(task); }\n}',
  ],
  [
    'a lock that its owner may take again',
    classOf(
      'owner = null; depth = 0;',
      `async acquire(who) { while (this.owner !== null && this.owner !== who) ${QUEUED} this.owner = who; this.depth++; }`,
      'release() { this.depth--; if (this.depth === 0) { this.owner = null; this.waiting.shift()?.(); } }',
    ),
  ],
  [
    'a lock of readers and writers',
    classOf(
      'readers = 0; isWritten = false;',
      `async readLock() { while (this.isWritten) ${QUEUED} this.readers++; }`,
      'readUnlock() { this.readers--; this.waiting.shift()?.(); }',
    ),
  ],
  [
    'a lock that frees itself after some time',
    classOf(
      'locked = false;',
      `async acquire(ms) { if (this.locked) ${QUEUED} this.locked = true; setTimeout(() => this.release(), ms); }`,
      'release() { this.locked = false; this.waiting.shift()?.(); }',
    ),
  ],
  [
    'a lock that is given back for who has it too long, as soon as somebody waits',
    classOf(
      'locked = false;',
      'async acquire(ms) { if (this.locked) await new Promise((resolve, reject) => { this.waiting.push(resolve); setTimeout(() => { this.release(); reject(new Error()); }, ms); }); this.locked = true; }',
      'release() { this.locked = false; this.waiting.shift()?.(); }',
    ),
  ],
  [
    'a lock that lets in who has waited too long',
    classOf(
      'locked = false;',
      'async acquire(ms) { if (this.locked) await new Promise((resolve) => { this.waiting.push(resolve); setTimeout(resolve, ms); }); this.locked = true; }',
      'release() { this.locked = false; this.waiting.shift()?.(); }',
    ),
  ],
  [
    'a lock whose limit for a wait comes from elsewhere',
    classOf(
      'locked = false;',
      'async acquire() { if (this.locked) await new Promise((resolve, reject) => { this.waiting.push(resolve); setTimeout(() => reject(new Error()), config.get()); }); this.locked = true; }',
      'release() { this.locked = false; this.waiting.shift()?.(); }',
    ),
  ],
  [
    'what ends the one before when the next one comes',
    'class Switch {\n  last = Promise.resolve();\n  control = new AbortController();\n  run(task) { this.control.abort(); const control = (this.control = new AbortController()); const next = this.last.then(() => task(control.signal)); this.last = next; return next; }\n}',
  ],
  [
    'functions that are given away, and wait when somebody else calls them',
    `const queue = [];
let isBusy = false;
function next() { if (queue.length === 0) { isBusy = false; return; } isBusy = true; queue.shift()(); }
export function useWorker() {
  function ask(what) { return new Promise((resolve) => { queue.push(resolve); if (!isBusy) next(); }); }
  return { ask };
}`,
  ],
  [
    'a semaphore that gets more room later',
    classOf(
      'active = 0; max = 1;',
      `async acquire() { if (this.active >= this.max) ${QUEUED} else this.active++; }`,
      'release() { const next = this.waiting.shift(); if (next) next(); else this.active--; }',
      'setMax(n) { this.max = n; }',
    ),
  ],
  [
    'an amount that is taken',
    classOf(
      'free = 100;',
      `async acquire(amount) { while (this.free < amount) ${QUEUED} this.free -= amount; }`,
      'release(amount) { this.free += amount; this.waiting.shift()?.(); }',
    ),
  ],
  [
    'keys that are made of something else',
    'class Keyed {\n  tails = new Map();\n  run(one, two, task) { const key = one + two; const before = this.tails.get(key) ?? Promise.resolve(); const result = before.then(task); this.tails.set(key, result); return result; }\n}',
  ],
  [
    'a way past the lock',
    'class Store {\n  #tail = Promise.resolve();\n  async run(task, inside) { if (inside) return await task(); const before = this.#tail; let open; this.#tail = new Promise((r) => { open = r; }); await before; try { return await task(); } finally { open(); } }\n}',
  ],
  [
    'a way past the lock, when something else has been awaited',
    'class Store {\n  #tail = Promise.resolve();\n  async run(task) { if (await this.isInside()) return task(); const before = this.#tail; let open; this.#tail = new Promise((r) => { open = r; }); await before; try { return await task(); } finally { open(); } }\n}',
  ],
  [
    'what is made once and awaited by all',
    'class Logs {\n  logs = null;\n  async acquire() { if (!Array.isArray(this.logs)) this.logs = new Promise((resolve) => this.load(resolve)); return await this.logs; }\n}',
  ],
  [
    'a cache that gives what it finds',
    'class Cache {\n  found = new Map();\n  async lock(key, load) { const known = this.found.get(key); if (known) { await known; return known; } const next = new Promise((r) => { this.done = r; }); this.found.set(key, next); return await load(); }\n}',
  ],
  [
    'a function that is given, not run',
    'class Guard {\n  tail = Promise.resolve();\n  run(task) { return (...args) => { this.tail = this.tail.then(() => task(...args)); return this.tail; }; }\n}',
  ],
  [
    'two lines of one object',
    'class Service {\n  one = Promise.resolve();\n  other = Promise.resolve();\n  runOne(task) { const result = this.one.then(task); this.one = result.catch(() => undefined); return result; }\n  runOther(task) { const result = this.other.then(task); this.other = result.catch(() => undefined); return result; }\n}',
  ],
  [
    'tasks that are begun one after the other and run beside each other',
    classOf(
      'isBusy = false;',
      'run(task) { return new Promise((resolve) => { this.waiting.push({ task, resolve }); this.next(); }); }',
      'next() { if (this.isBusy) return; this.isBusy = true; while (this.waiting.length > 0) { const { task, resolve } = this.waiting.shift(); resolve(task()); } this.isBusy = false; }',
    ),
  ],
  [
    'lists that nobody stands in',
    'class Tree {\n  open = false;\n  nodes = [];\n  async load() { this.open = true; this.nodes.push(await new Promise((resolve) => fetch(resolve))); }\n  change() { this.open = false; for (const node of this.nodes.values()) node(); }\n}',
  ],
  [
    'entries that are found by something else than a parameter',
    'class Lock {\n  entries = new Map();\n  async acquire(of) { const key = of.id; const entry = this.entries.get(key); if (entry.isTaken) await new Promise((r) => entry.line.push(r)); else entry.isTaken = true; }\n  release(of) { const key = of.id; const entry = this.entries.get(key); const next = entry.line.shift(); if (next) next(); else entry.isTaken = false; }\n}',
  ],
  [
    'as many for each key as its entry says',
    'class Lock {\n  entries = new Map();\n  async acquire(key) { const entry = this.entries.get(key); if (entry.used >= entry.most) await new Promise((r) => entry.line.push(r)); else entry.used++; }\n  release(key) { const entry = this.entries.get(key); const next = entry.line.shift(); if (next) next(); else entry.used--; }\n}',
  ],
  [
    'a room for each key in which messages are read and sent',
    'class Rooms {\n  rooms = new Map();\n  async next(key) { const room = this.rooms.get(key); if (room.messages.length > 0) return room.messages.shift(); return new Promise((r) => room.readers.push(r)); }\n  send(key, message) { const room = this.rooms.get(key); const reader = room.readers.shift(); if (reader) reader(message); else room.messages.push(message); }\n}',
  ],
  [
    'a function that gives it back and cannot be replaced, in a task that is run',
    classOf(
      'free = 1;',
      `async acquire() { if (this.free > 0) this.free--; else ${QUEUED} }`,
      '#next() { const next = this.waiting.shift(); if (next) next(); else this.free++; }',
      'release() { this.#next(); }',
      'async run(task) { await this.acquire(); try { return await task(); } finally { this.#next(); } }',
    ),
  ],
  [
    'a task that is run gives it back in another way than who has it',
    classOf(
      'free = 1;',
      `async acquire() { if (this.free > 0) this.free--; else ${QUEUED} }`,
      'release() { const next = this.waiting.shift(); if (next) next(); else this.free++; }',
      'async run(task) { await this.acquire(); try { return await task(); } finally { this.free++; this.waiting.shift()?.(); } }',
    ),
  ],
  [
    'a prototype that gets its methods in the middle of other statements',
    'function Lock() { this.tail = Promise.resolve(); }\nif (true) Lock.prototype.run = function (task) { const result = this.tail.then(task); this.tail = result.catch(() => 0); return result; }\nelse Lock.prototype.run = null;',
  ],
  [
    'a lock in a string, a template and an expression',
    "const text = `class Lock { async acquire() { await new Promise((r) => this.q.push(r)); } }`;\nconst quoted = 'new Promise';\nconst pattern = /class Lock {.*while (this.x) await/;",
  ],
];

test.each(NO_LOCKS)('%s is left alone', (_name, source) => {
  expect(marked(source)).toBe(null);
});

const LOCK = classOf(
  'locked = false;',
  `async acquire() { if (this.locked) ${QUEUED} this.locked = true; }`,
  'release() { const next = this.waiting.shift(); if (next) next(); else this.locked = false; }',
);

test('who tells dept of his locks himself is left alone', () => {
  expect(marked(LOCK)).not.toBe(null);
  expect(marked(`import { wrap } from 'dept';\n${LOCK}`)).toBe(null);
  expect(marked(`const { ldt } = require("dept/sync");\n${LOCK}`)).toBe(null);
});

test('a text that is not read to its end is left alone', () => {
  expect(marked(`${LOCK}\nconst page = <p>it's</p>;`)).toBe(null);
  expect(marked(`${LOCK}\nconst open = \`never closed`)).toBe(null);
});

test('a long line that has no map is left alone', () => {
  const line = LOCK.replaceAll('\n', ' ');
  expect(marked(line)).not.toBe(null);
  expect(marked(`${line} const more = [${'1, '.repeat(500)}];`)).toBe(null);
});

test('what gives it back is seen whoever calls it: a task that is run, or another function that does', () => {
  const source = classOf(
    'free = 1;',
    `async wait() { if (this.free > 0) this.free--; else ${QUEUED} }`,
    'signal() { const next = this.waiting.shift(); if (next) next(); else this.free++; }',
    'release() { this.signal(); }',
    'async run(task) { await this.wait(); try { return await task(); } finally { this.signal(); } }',
  );
  expect(marked(source)).toContain('"release":["release","signal"]');
});

test('a prototype is still what it was where no semicolon ends its statements', () => {
  const source = `function Lock() { this.isTaken = false; this.line = [] }
Lock.prototype.take = function () {
  if (!this.isTaken) { this.isTaken = true; return Promise.resolve() }
  return new Promise(resolve => this.line.push(resolve))
}
Lock.prototype.give = function () {
  var next = this.line.shift()
  if (next) next(); else this.isTaken = false
}
Lock.prototype.name = 'lock'`;
  const text = marked(source);
  expect(text).toContain('adopt(Lock,{"acquire":["take"],"release":["give"]},o=>1)');
  expect(new Script(`(() => {${text}\nreturn new Lock().name})()`).runInThisContext()).toBe('lock');
});

test('nothing is put before what a CommonJS module exports: Node reads the names of its exports there', () => {
  const source =
    'module.exports = {\n  tail: Promise.resolve(),\n  run: function (task) { const result = this.tail.then(task); this.tail = result.catch(() => 0); return result; },\n}\nmodule.exports.more = 1;';
  const text = marked(source);
  expect(text).toContain('module.exports = {');
  expect(text).toContain('adoptOne(module.exports,{"run":["run"],"taskAt":0},o=>1)');
  expect(text?.split('\n').length).toBe(source.split('\n').length);
});

test('a function that has no name where it is exported gets none', () => {
  const source =
    'const exports = {};\nlet tail = Promise.resolve();\nexports.run = (task) => { const result = tail.then(task); tail = result.catch(() => 0); return result; };';
  expect(marked(source)).toContain('?.exported');
  expect(new Script(`(() => {${marked(source)}\nreturn exports.run.name})()`).runInThisContext()).toBe('');
});

const CAPACITIES: readonly (readonly [name: string, source: string, capacity: string])[] = [
  ['a flag', LOCK, '1'],
  [
    'permits that are free',
    classOf(
      '#free = 3;',
      `async acquire() { if (this.#free > 0) this.#free--; else ${QUEUED} }`,
      'release() { const next = this.waiting.shift(); if (next) next(); else this.#free++; }',
    ),
    'o.#free',
  ],
  [
    'a limit',
    classOf(
      'active = 0; max = 2;',
      `async acquire() { while (this.active >= this.max) ${QUEUED} this.active++; }`,
      'release() { this.active--; this.waiting.shift()?.(); }',
    ),
    'o.max',
  ],
  [
    'a limit that is a constant',
    `const MAX = 4;\n${classOf(
      'active = 0;',
      `async acquire() { while (this.active > MAX) ${QUEUED} this.active++; }`,
      'release() { this.active--; this.waiting.shift()?.(); }',
    )}`,
    'MAX+1',
  ],
  [
    'a sign that is up while it is free',
    classOf(
      'isFree = true;',
      `async acquire() { if (this.isFree) { this.isFree = false; return; } ${QUEUED} }`,
      'release() { const next = this.waiting.shift(); if (next) next(); else this.isFree = true; }',
    ),
    'o.isFree?1:0',
  ],
  [
    'things in a list',
    classOf(
      'idle = [1, 2];',
      'checkout() { const one = this.idle.pop(); if (one) return Promise.resolve(one); return new Promise((r) => { this.waiting.push(r); }); }',
      'checkin(one) { const next = this.waiting.shift(); if (next) next(one); else this.idle.push(one); }',
    ),
    'o.idle.length',
  ],
  [
    'things that are made when they are asked for',
    classOf(
      'idle = []; made = 0; max = 5;',
      'checkout() { const one = this.idle.pop(); if (one) return Promise.resolve(one); if (this.made < this.max) { this.made++; return Promise.resolve({}); } return new Promise((r) => { this.waiting.push(r); }); }',
      'checkin(one) { const next = this.waiting.shift(); if (next) next(one); else this.idle.push(one); }',
    ),
    'o.max',
  ],
];

test.each(CAPACITIES)('how many can have it: %s', (_name, source, capacity) => {
  expect(marked(source)).toContain(`o=>${capacity})}`);
});

/** How each lock is made, and used to see that it still works. */
const TICKETS: readonly (readonly [name: string, source: string])[] = [
  [
    'strings, templates and expressions that are returned',
    [
      "label() { return 'lock:' + this.name; }",
      `hint() { return \`a \${this.name}\`; }`,
      'test() { return /x/.test(this.name); }',
      "has() { return 'name' in this; }",
    ].join('\n  '),
  ],
  [
    'a comment behind it, and no semicolon',
    'say() {\n    const it = () => this.name\n    return it // give it back\n  }',
  ],
  [
    'a method that is called return',
    'end() { return this.items.return(this.name); }\n  object() { return { return() { return 1; } }; }',
  ],
];

test.each(TICKETS)('the text of a lock that gives tickets still runs: %s', (_name, members) => {
  const source = `class Lock {
  name = 'x';
  locked = false;
  waiting = [];
  async acquire() {
    this.label?.(); this.hint?.(); this.test?.(); this.has?.(); this.say?.(); this.object?.();
    if (this.locked) await new Promise((resolve) =>
      this.waiting.push(resolve),
    );
    this.locked = true;
    return () => { const next = this.waiting.shift(); if (next) next(); else this.locked = false; };
  }
  ${members}
}`;
  const text = marked(source);
  expect(text).toContain('"isTicket":true');
  expect(new Script(`(${text})`).runInThisContext()).toHaveProperty('name', 'Lock');
});

test('a function stays strict, and a module too', () => {
  const maker = `function createLock() {
  'use strict'
  let tail = Promise.resolve();
  return { run(task) { const result = tail.then(task); tail = result.catch(() => undefined); return result; }, me: (function () { return this; })() };
}`;
  const made = new Script(`(${marked(maker)})`).runInThisContext() as () => { me: unknown };
  expect(made().me).toBe(undefined);
  const module = `'use strict'\nlet tail = Promise.resolve();\nfunction run(task) { const result = tail.then(task); tail = result.catch(() => undefined); return result; }\n`;
  expect(() => new Script(marked(module) ?? '?')).not.toThrow();
});
