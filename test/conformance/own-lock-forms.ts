/** A lock as programs write it, and how it is used there. */
export interface OwnLockForm {
  readonly name: string;
  /** The module that has it; `make(places)` gives what runs a task while one of the places is held. */
  readonly source: string;
  readonly capacities: readonly number[];
  /** It runs a task that it is given: whoever adds one need not wait for it. */
  readonly tasks: boolean;
}

function form(name: string, capacities: readonly number[], source: string, tasks = false): OwnLockForm {
  return { name, capacities, source, tasks };
}

const BOTH = `const make = (places) => {
  const lock = new Lock(places);
  return async (task) => { await lock.acquire(); try { return await task(); } finally { lock.release(); } };
};`;
const TICKET = `const make = (places) => {
  const lock = new Lock(places);
  return async (task) => { const release = await lock.acquire(); try { return await task(); } finally { release(); } };
};`;
const RUN = `const make = (places) => {
  const lock = new Lock(places);
  return (task) => lock.run(task);
};`;
const SAVE = `const make = () => {
  const store = new Store();
  return (write) => store.save({ write });
};`;
const GIVEN = `const make = (places) => {
  const { acquire, release } = createLock(places);
  return async (task) => { await acquire(); try { return await task(); } finally { release(); } };
};`;

export const OWN_LOCK_FORMS: readonly OwnLockForm[] = [
  form(
    'a flag, and resolve functions in a list',
    [1],
    `class Lock {
  locked = false;
  waiting = [];
  async acquire() {
    if (!this.locked) { this.locked = true; return; }
    await new Promise((resolve) => this.waiting.push(resolve));
  }
  release() {
    const next = this.waiting.shift();
    if (next) next(); else this.locked = false;
  }
}
${BOTH}`,
  ),
  form(
    'private fields, and a promise that is not awaited inside',
    [1, 3],
    `class Lock {
  #free;
  #line = [];
  constructor(places) { this.#free = places; }
  acquire() {
    if (this.#free > 0) { this.#free--; return Promise.resolve(); }
    return new Promise((go) => { this.#line.push(go); });
  }
  release() {
    if (this.#line.length > 0) this.#line.shift()();
    else this.#free += 1;
  }
}
${BOTH}`,
  ),
  form(
    'those who have it are counted, and asked again when woken',
    [1, 2],
    `class Lock {
  #taken = 0;
  #line = [];
  constructor(places) { this.places = places; }
  async acquire() {
    while (this.#taken >= this.places) await new Promise((resolve) => this.#line.push(resolve));
    this.#taken++;
  }
  release() {
    this.#taken--;
    this.#line.shift()?.();
  }
}
${BOTH}`,
  ),
  form(
    'it gives a function that is made in the promise',
    [1],
    `class Lock {
  queue = [];
  locked = false;
  acquire() {
    return new Promise((resolve) => {
      const unlock = () => {
        const next = this.queue.shift();
        if (next) next(); else this.locked = false;
      };
      if (this.locked) this.queue.push(() => resolve(unlock));
      else { this.locked = true; resolve(unlock); }
    });
  }
}
${TICKET}`,
  ),
  form(
    'it gives a function that another method makes',
    [1, 2],
    `class Lock {
  #free;
  #line = [];
  constructor(places) { this.#free = places; }
  async acquire() {
    if (this.#free > 0) { this.#free--; return this.#ticket(); }
    return new Promise((resolve) => this.#line.push(() => resolve(this.#ticket())));
  }
  #ticket() {
    let done = false;
    return () => {
      if (done) return;
      done = true;
      const next = this.#line.shift();
      if (next) next(); else this.#free++;
    };
  }
}
${TICKET}`,
  ),
  form(
    'each waits for the promise of the one before, and gives away the resolve function of his own',
    [1],
    `class Lock {
  #tail = Promise.resolve();
  async acquire() {
    let release;
    const mine = new Promise((resolve) => { release = resolve; });
    const before = this.#tail;
    this.#tail = before.then(() => mine);
    await before;
    return release;
  }
}
${TICKET}`,
  ),
  form(
    'it gives an object that gives it back',
    [1],
    `class Lock {
  #busy = false;
  #line = [];
  async acquire() {
    if (this.#busy) await new Promise((resolve) => this.#line.push(resolve));
    this.#busy = true;
    return { release: () => { const next = this.#line.shift(); if (next) next(); else this.#busy = false; } };
  }
}
const make = () => {
  const lock = new Lock();
  return async (task) => { const held = await lock.acquire(); try { return await task(); } finally { held.release(); } };
};`,
  ),
  form(
    'tasks in a chain of promises',
    [1],
    `class Lock {
  #tail = Promise.resolve();
  run(task) {
    const result = this.#tail.then(() => task());
    this.#tail = result.catch(() => undefined);
    return result;
  }
}
${RUN}`,
    true,
  ),
  form(
    'tasks that await the one before',
    [1],
    `class Lock {
  tail = Promise.resolve();
  async run(task) {
    const before = this.tail;
    let open;
    this.tail = new Promise((resolve) => { open = resolve; });
    await before;
    try { return await task(); } finally { open(); }
  }
}
${RUN}`,
    true,
  ),
  form(
    'a limit on tasks',
    [1, 2],
    `class Lock {
  active = 0;
  waiting = [];
  constructor(limit) { this.limit = limit; }
  async run(task) {
    if (this.active >= this.limit) await new Promise((resolve) => this.waiting.push(resolve));
    this.active++;
    try { return await task(); } finally { this.active--; this.waiting.shift()?.(); }
  }
}
${RUN}`,
    true,
  ),
  form(
    'a queue that is worked off',
    [1, 2],
    `class Lock {
  #queue = [];
  #active = 0;
  constructor(limit) { this.limit = limit; }
  run(task) {
    return new Promise((resolve, reject) => { this.#queue.push({ task, resolve, reject }); this.#next(); });
  }
  #next() {
    while (this.#active < this.limit && this.#queue.length > 0) {
      const { task, resolve, reject } = this.#queue.shift();
      this.#active++;
      new Promise((begin) => begin(task())).then(resolve, reject).finally(() => { this.#active--; this.#next(); });
    }
  }
}
${RUN}`,
    true,
  ),
  form(
    'a run method that is made of the others',
    [1],
    `class Lock {
  locked = false;
  waiting = [];
  async acquire() {
    while (this.locked) await new Promise((resolve) => this.waiting.push(resolve));
    this.locked = true;
  }
  release() { this.locked = false; this.waiting.shift()?.(); }
  async run(task) {
    await this.acquire();
    try { return await task(); } finally { this.release(); }
  }
}
${RUN}`,
  ),
  form(
    'functions of one function',
    [1, 2],
    `function createLock(places) {
  let free = places;
  const line = [];
  function acquire() {
    if (free > 0) { free--; return Promise.resolve(); }
    return new Promise((resolve) => line.push(resolve));
  }
  const release = () => { const next = line.shift(); if (next) next(); else free++; };
  return { acquire, release };
}
${GIVEN}`,
  ),
  form(
    'a function that a function gives',
    [1],
    `const createMutex = () => {
  let tail = Promise.resolve();
  return function serial(task) {
    const result = tail.then(task, task);
    tail = result.then(() => undefined, () => undefined);
    return result;
  };
};
const make = () => { const serial = createMutex(); return (task) => serial(task); };`,
    true,
  ),
  form(
    'names of its own',
    [1],
    `class Crossing {
  #isTaken = false;
  #cars = [];
  drive() {
    return this.#isTaken ? new Promise((go) => this.#cars.push(go)) : ((this.#isTaken = true), Promise.resolve());
  }
  clear() {
    const next = this.#cars.shift();
    if (next) next(); else this.#isTaken = false;
  }
}
const make = () => {
  const crossing = new Crossing();
  return async (task) => { await crossing.drive(); try { return await task(); } finally { crossing.clear(); } };
};`,
  ),
  form(
    'an object that is disposed of',
    [1, 2],
    `class Lock {
  #free;
  #line = [];
  constructor(places) { this.#free = places; }
  async acquire() {
    if (this.#free > 0) this.#free--;
    else await new Promise((resolve) => this.#line.push(resolve));
    return { [Symbol.dispose]: () => this.#giveBack() };
  }
  #giveBack() { const next = this.#line.shift(); if (next) next(); else this.#free++; }
}
const make = (places) => {
  const lock = new Lock(places);
  return async (task) => { const held = await lock.acquire(); try { return await task(); } finally { held[Symbol.dispose](); } };
};`,
  ),
  form(
    'an object that can be given back in two ways',
    [1],
    `class Lock {
  #locked = false;
  #line = [];
  #turn = 0;
  async acquire() {
    if (this.#locked) await new Promise((resolve) => this.#line.push(resolve));
    this.#locked = true;
    const release = () => { this.#locked = false; this.#line.shift()?.(); };
    return { turn: this.#turn++, done: false, release, [Symbol.asyncDispose]: async () => release() };
  }
}
const make = () => {
  const lock = new Lock();
  return async (task) => {
    const held = await lock.acquire();
    try { return await task(); } finally { if (held.turn % 2 === 0) held.release(); else await held[Symbol.asyncDispose](); }
  };
};`,
  ),
  form(
    'a wait that a timer ends',
    [1, 2],
    `class Lock {
  #free;
  #line = [];
  constructor(places) { this.#free = places; }
  acquire(timeoutMs) {
    if (this.#free > 0) { this.#free--; return Promise.resolve(); }
    return new Promise((resolve, reject) => {
      const waiter = { resolve, timer: null };
      if (timeoutMs !== undefined) {
        waiter.timer = setTimeout(() => {
          const at = this.#line.indexOf(waiter);
          if (at >= 0) this.#line.splice(at, 1);
          reject(new Error('timed out'));
        }, timeoutMs);
      }
      this.#line.push(waiter);
    });
  }
  release() {
    const next = this.#line.shift();
    if (!next) { this.#free++; return; }
    clearTimeout(next.timer);
    next.resolve();
  }
}
const make = (places) => {
  const lock = new Lock(places);
  return async (task) => { await lock.acquire(); try { return await task(); } finally { lock.release(); } };
};`,
  ),
  form(
    'a method that waits for the one before, and does its work itself',
    [1],
    `class Store {
  #tail = Promise.resolve();
  async save(row) {
    const before = this.#tail;
    let open;
    this.#tail = new Promise((resolve) => { open = resolve; });
    await before;
    try { return await row.write(); } finally { open(); }
  }
}
${SAVE}`,
    true,
  ),
  form(
    'a method that goes on when a flag is down, and puts it up',
    [1],
    `class Store {
  isBusy = false;
  #waiting = [];
  async save(row) {
    while (this.isBusy) await new Promise((resolve) => this.#waiting.push(resolve));
    this.isBusy = true;
    try {
      return await row.write();
    } finally {
      this.isBusy = false;
      this.#waiting.shift()?.();
    }
  }
}
${SAVE}`,
    true,
  ),
  form(
    'a method that looks at a flag again and again',
    [1],
    `class Store {
  isBusy = false;
  async save(row) {
    while (this.isBusy) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.isBusy = true
    try {
      return await row.write()
    } finally {
      this.isBusy = false
    }
  }
}
${SAVE}`,
    true,
  ),
  form(
    'a method that puts its work into a chain',
    [1],
    `class Store {
  tail = Promise.resolve();
  save(row) {
    const result = this.tail.then(async () => {
      row.isSaved = true;
      return await row.write();
    });
    this.tail = result.catch(() => undefined);
    return result;
  }
}
${SAVE}`,
    true,
  ),
  form(
    'a function of a function that puts its work into a chain',
    [1],
    `function createStore() {
  let tail = Promise.resolve();
  async function save(row) {
    const result = tail.catch(() => undefined).then(() => row.write());
    tail = result;
    return result;
  }
  return { save };
}
const make = () => { const store = createStore(); return (write) => store.save({ write }); };`,
    true,
  ),
  form(
    'a method that has a place of a hidden semaphore while it does its work',
    [1, 2],
    `class Store {
  #active = 0;
  #waiting = [];
  constructor(places) { this.places = places; }
  async #acquire() {
    if (this.#active < this.places) { this.#active++; return; }
    await new Promise((resolve) => this.#waiting.push(resolve));
  }
  #release() {
    const next = this.#waiting.shift();
    if (next) next(); else this.#active--;
  }
  async save(row) {
    await this.#acquire();
    try { return await row.write(); } finally { this.#release(); }
  }
}
const make = (places) => {
  const store = new Store(places);
  return (write) => store.save({ write });
};`,
    true,
  ),
  form(
    'a function that has what is lent by hidden functions of the function around it',
    [1, 2],
    `function createStore(places) {
  const free = Array.from({ length: places }, (_, i) => ({ i }));
  const waiting = [];
  function acquire() {
    const one = free.pop();
    return one === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(one);
  }
  function release(one) {
    const next = waiting.shift();
    if (next) next(one); else free.push(one);
  }
  return {
    async save(row) {
      const one = await acquire();
      try {
        return await row.write(one);
      } finally {
        release(one);
      }
    },
  };
}
const make = (places) => { const store = createStore(places); return (write) => store.save({ write }); };`,
    true,
  ),
  form(
    'a method that goes on when fewer are in it than may be',
    [1, 2],
    `class Store {
  #active = 0;
  #waiting = [];
  constructor(places) { this.places = places; }
  async save(row) {
    while (this.#active >= this.places) await new Promise((resolve) => this.#waiting.push(resolve));
    this.#active++;
    try {
      return await row.write();
    } finally {
      this.#active--;
      this.#waiting.shift()?.();
    }
  }
}
const make = (places) => {
  const store = new Store(places);
  return (write) => store.save({ write });
};`,
    true,
  ),
  form(
    'methods on a prototype, and a variable for this',
    [1, 3],
    `function Lock(places) { this.free = places; this.line = [] }

Lock.prototype.acquire = function () {
  var self = this
  return new Promise(function (resolve) {
    if (self.free > 0) { self.free--; resolve() }
    else self.line.push(resolve)
  })
}

Lock.prototype.release = function () {
  var next = this.line.shift()
  if (next) next()
  else this.free++
}

${BOTH}`,
  ),
  form(
    'a prototype that is written out',
    [1],
    `function Lock() { this.isTaken = false; this.line = []; }
Lock.prototype = {
  constructor: Lock,
  acquire() { if (!this.isTaken) { this.isTaken = true; return Promise.resolve(); } return new Promise((resolve) => this.line.push(resolve)); },
  release: function () { const next = this.line.shift(); if (next) next(); else this.isTaken = false; },
};
${BOTH}`,
  ),
  form(
    'a class as it is compiled for ES5, and a chain',
    [1],
    `var Lock = /** @class */ (function () {
    function Lock() {
        this.tail = Promise.resolve();
    }
    Lock.prototype.run = function (task) {
        var _this = this;
        var result = this.tail.then(function () { return task(_this); });
        this.tail = result.then(function () { }, function () { });
        return result;
    };
    return Lock;
}());
${RUN}`,
    true,
  ),
  form(
    'an entry for each key, which a function finds or makes',
    [1],
    `class Entry { isTaken = false; line = []; }
class Lock {
  #entries = new Map();
  #entry(key) {
    let entry = this.#entries.get(key);
    if (!entry) { entry = new Entry(); this.#entries.set(key, entry); }
    return entry;
  }
  async acquire(key) {
    const entry = this.#entry(key);
    if (entry.isTaken) await new Promise((resolve) => entry.line.push(resolve));
    else entry.isTaken = true;
  }
  release(key) {
    const entry = this.#entry(key);
    const next = entry.line.shift();
    if (next) next(); else { entry.isTaken = false; this.#entries.delete(key); }
  }
}
let locks = 0;
const shared = new Lock();
const make = () => {
  const key = 'key' + ++locks;
  return async (task) => { await shared.acquire(key); try { return await task(); } finally { shared.release(key); } };
};`,
  ),
  form(
    'a line for each key, which is there while somebody is in it',
    [1],
    `class Lock {
  lines = new Map();
  async run(key, task) {
    const line = this.lines.get(key);
    if (line) await new Promise((resolve) => line.push(resolve)); else this.lines.set(key, []);
    try { return await task(); } finally { const next = this.lines.get(key).shift(); if (next) next(); else this.lines.delete(key); }
  }
}
let locks = 0;
const shared = new Lock();
const make = () => {
  const key = 'key' + ++locks;
  return (task) => shared.run(key, task);
};`,
    true,
  ),
  form(
    'functions that are fields',
    [1, 3],
    `class Lock {
  #free = 1
  #line = []
  constructor(places) { this.#free = places }
  acquire = async () => {
    if (this.#free > 0) this.#free--
    else await new Promise((resolve) => this.#line.push(resolve))
  }
  release = () => {
    const next = this.#line.shift()
    if (next) next()
    else this.#free++
  }
}
${BOTH}`,
  ),
  form(
    'a field and a method, and what is taken gives itself back',
    [1],
    `class Lock {
  isTaken = false;
  line = [];
  acquire = () => {
    if (!this.isTaken) { this.isTaken = true; return Promise.resolve(() => this.next()); }
    return new Promise((resolve) => this.line.push(() => resolve(() => this.next())));
  };
  next() { const go = this.line.shift(); if (go) go(); else this.isTaken = false; }
}
${TICKET}`,
  ),
  form(
    'an object that is written out, and knows itself by its name',
    [1],
    `const make = () => {
  const lock = {
    isTaken: false,
    line: [],
    acquire: async () => { if (!lock.isTaken) lock.isTaken = true; else await new Promise((resolve) => lock.line.push(resolve)); },
    release() { const next = this.line.shift(); if (next) next(); else this.isTaken = false; },
  };
  return async (task) => { await lock.acquire(); try { return await task(); } finally { lock.release(); } };
};`,
  ),
  form(
    'functions that a constructor makes, and what it remembers',
    [1, 3],
    `class Lock {
  constructor(places) {
    let free = places;
    const line = [];
    this.acquire = async () => { if (free > 0) free--; else await new Promise((resolve) => line.push(resolve)); };
    this.release = () => { const next = line.shift(); if (next) next(); else free++; };
  }
}
${BOTH}`,
  ),
  form(
    'the same without a class, and without new',
    [1],
    `function Lock() {
  if (!(this instanceof Lock)) return new Lock();
  var isTaken = false, line = [];
  this.acquire = function () {
    return new Promise(function (resolve) { if (!isTaken) { isTaken = true; resolve(); } else { line.push(resolve); } });
  };
  this.release = function () { var next = line.shift(); if (next) { next(); } else { isTaken = false; } };
}
const make = () => {
  const lock = Lock();
  return async (task) => { await lock.acquire(); try { return await task(); } finally { lock.release(); } };
};`,
  ),
];
