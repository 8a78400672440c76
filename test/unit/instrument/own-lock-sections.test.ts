import { expect, test } from 'vitest';
import { marked } from '../../../instrument/own-locks/marked.ts';

type Row = readonly [name: string, source: string];

function store(...members: readonly string[]): string {
  return `class Store {\n  ${members.join('\n  ')}\n}`;
}

const GATE = 'let open; this.tail = new Promise((r) => { open = r; });';

const SECTIONS: readonly Row[] = [
  [
    'a gate',
    store(
      'tail = Promise.resolve();',
      `async save() { const before = this.tail; ${GATE} await before; try { await this.write(); } finally { open(); } }`,
    ),
  ],
  [
    'a gate that is awaited inside, without semicolons',
    store(
      '#tail = Promise.resolve()',
      'async save() {\n    const before = this.#tail\n    let open\n    this.#tail = new Promise((r) => (open = r))\n    try {\n      await before\n      await this.write()\n    } finally {\n      open()\n    }\n  }',
    ),
  ],
  [
    'a gate of the kind that a promise brings along, with types',
    store(
      'private tail: Promise<void> | undefined;',
      'async save(): Promise<void> { const { promise, resolve: open } = Promise.withResolvers<void>(); const before = this.tail; this.tail = promise; await before; try { await this.write(); } finally { open(); } }',
    ),
  ],
  [
    'a gate whose predecessor may fail',
    store(
      'tail = Promise.resolve();',
      `async save() { const before = this.tail; ${GATE} try { await before; } catch {} try { await this.write(); } finally { open(); } }`,
    ),
  ],
  [
    'a flag',
    store(
      'isBusy = false;',
      'async save() { while (this.isBusy) await sleep(5); this.isBusy = true; try { await this.write(); } finally { this.isBusy = false; } }',
    ),
  ],
  [
    'a flag of a module',
    'let isBusy = false;\nexport async function save() { while (isBusy) { await sleep(5); } isBusy = true; try { await write(); } finally { isBusy = false; } }',
  ],
  [
    'a flag that is seen in another method',
    store(
      'isBusy;',
      'constructor() { this.isBusy = false; }',
      'get idle() { return !this.isBusy; }',
      'async save() { while (this.isBusy) await sleep(5); this.isBusy = true; await this.write(); this.isBusy = false; }',
    ),
  ],
  [
    'a chain',
    store(
      'tail = Promise.resolve();',
      'save() { this.tail = this.tail.then(async () => { await this.write(); }); return this.tail; }',
    ),
  ],
  [
    'a chain that is awaited',
    store(
      'tail = Promise.resolve();',
      'async save() { this.tail = this.tail.then(() => this.write()).catch(log); await this.tail; }',
      'async flush() { await this.tail; }',
    ),
  ],
  [
    'a chain of a function',
    'function createStore() { let tail = Promise.resolve(); return { save() { const next = tail.then(() => write()); tail = next.catch(() => undefined); return next; } }; }',
  ],
];

test.each(SECTIONS)('is taken for a lock: %s', (_name, source) => {
  const text = marked(source);
  expect(text).toContain('"sections":["save"]');
  expect(text?.split('\n').length).toBe(source.split('\n').length);
});

const HIDDEN = [
  '#free = 2; #waiting = [];',
  'async #acquire() { if (this.#free > 0) this.#free--; else await new Promise((r) => this.#waiting.push(r)); }',
  '#release() { const next = this.#waiting.shift(); if (next) next(); else this.#free++; }',
];
const SAVE = 'async save() { await this.#acquire(); try { await this.write(); } finally { this.#release(); } }';

test('is taken for a lock: what hidden methods take and give back', () => {
  expect(marked(store(...HIDDEN, SAVE))).toContain('{"sections":["save"]},o=>o.#free)');
});

const NO_HIDDEN: readonly Row[] = [
  ['given away', [SAVE, 'turn() { return this.#acquire(); }', 'done() { this.#release(); }']],
  ['handed on', [SAVE, 'listen(source) { source.on("done", this.#release); }']],
  ['given back by a listener', [SAVE, 'listen(source) { source.on("done", () => this.#release()); }']],
  ['taken for a listener', [SAVE, 'listen(source) { source.on("go", async () => { await this.#acquire(); }); }']],
  ['given back by nobody who fails', ['async save() { await this.#acquire(); await this.write(); this.#release(); }']],
  [
    'taken twice',
    [
      'async save() { await this.#acquire(); await this.#acquire(); try { await this.write(); } finally { this.#release(); } }',
    ],
  ],
  [
    'taken and not waited for',
    ['async save() { const turn = this.#acquire(); try { await this.write(turn); } finally { this.#release(); } }'],
  ],
  [
    'waited for for some time only',
    [
      'async save() { await Promise.race([this.#acquire(), sleep(5)]); try { await this.write(); } finally { this.#release(); } }',
    ],
  ],
  [
    'given back when something else has happened',
    ['async follow(source) { await this.#acquire(); source.on("end", () => this.#release()); }'],
  ],
  [
    'given back now and then',
    [
      'async save() { await this.#acquire(); try { await this.write(); } finally { if (this.isDone) this.#release(); } }',
    ],
  ],
].map(([name, members]): Row => [name as string, store(...HIDDEN, ...(members as string[]))]);

test.each(NO_HIDDEN)('is left alone: a hidden lock %s', (_name, source) => {
  expect(marked(source)).toBe(null);
});

const NO_GATES: readonly Row[] = [
  [
    'which is opened by somebody else',
    store(
      'tail = Promise.resolve();',
      'async save() { const before = this.tail; this.tail = new Promise((r) => { this.open = r; }); await before; await this.write(); }',
      'done() { this.open(); }',
    ),
  ],
  [
    'which is given away',
    store(
      'tail = Promise.resolve();',
      `async save() { const before = this.tail; ${GATE} await before; try { await this.write(open); } finally { open(); } }`,
    ),
  ],
  [
    'which stays closed when something fails',
    store(
      'tail = Promise.resolve();',
      `async save() { const before = this.tail; ${GATE} await before; await this.write(); open(); }`,
    ),
  ],
  [
    'which nobody waits for',
    store(
      'tail = Promise.resolve();',
      `async save() { const before = this.tail; ${GATE} try { await this.write(before); } finally { open(); } }`,
    ),
  ],
  [
    'which is read when something else has been awaited',
    store(
      'tail = Promise.resolve();',
      `async save() { const before = this.tail; await this.load(); ${GATE} await before; try { await this.write(); } finally { open(); } }`,
    ),
  ],
  [
    'which is reset',
    store(
      'tail = Promise.resolve();',
      `async save() { const before = this.tail; ${GATE} await before; try { await this.write(); } finally { open(); } }`,
      'reset() { this.tail = Promise.resolve(); }',
    ),
  ],
  [
    'which is waited for for some time only',
    store(
      'tail = Promise.resolve();',
      `async save() { const before = this.tail; ${GATE} await Promise.race([before, sleep(10)]); try { await this.write(); } finally { open(); } }`,
    ),
  ],
  [
    'which opens by itself',
    store(
      'tail = Promise.resolve();',
      `async save() { const before = this.tail; ${GATE} setTimeout(open, 100); await before; try { await this.write(); } finally { open(); } }`,
    ),
  ],
  [
    'a promise that says that it has begun',
    store(
      'started = null;',
      'async start() { const before = this.started; let begun; this.started = new Promise((r) => { begun = r; }); if (before) return before; try { await this.load(); } finally { begun(); } }',
    ),
  ],
  [
    'a promise that is kept only when there was none',
    store(
      'ready = null;',
      'async load() { const known = this.ready; if (!known) this.ready = fetch(); await known; try { await this.read(); } finally { this.count++; } }',
    ),
  ],
  [
    'which an heir may have',
    `class Heir extends Store {\n  async save() { const before = this.tail; ${GATE} await before; try { await this.write(); } finally { open(); } }\n}`,
  ],
];

const NO_FLAGS: readonly Row[] = [
  [
    'that is waited for and not taken',
    store(
      'isBusy = false;',
      'async whenIdle() { while (this.isBusy) await sleep(5); }',
      'async save() { this.isBusy = true; try { await this.write(); } finally { this.isBusy = false; } }',
    ),
  ],
  [
    'that somebody else takes without waiting',
    store(
      'isBusy = false;',
      'async save() { while (this.isBusy) await sleep(5); this.isBusy = true; try { await this.write(); } finally { this.isBusy = false; } }',
      'async load() { this.isBusy = true; try { await this.read(); } finally { this.isBusy = false; } }',
    ),
  ],
  [
    'that somebody else clears',
    store(
      'isPaused = false;',
      'async step() { while (this.isPaused) await sleep(5); this.isPaused = true; try { await this.write(); } finally { this.isPaused = false; } }',
      'resume() { this.isPaused = false; }',
    ),
  ],
  [
    'that a timer clears',
    store(
      'isBusy = false;',
      'async save() { while (this.isBusy) await sleep(5); this.isBusy = true; await this.write(); setTimeout(() => { this.isBusy = false; }, 100); }',
    ),
  ],
  [
    'that is taken when something else has been awaited',
    store(
      'isBusy = false;',
      'async save() { while (this.isBusy) await sleep(5); await this.load(); this.isBusy = true; try { await this.write(); } finally { this.isBusy = false; } }',
    ),
  ],
  [
    'that is waited for so many times',
    store(
      'isBusy = false;',
      'async save() { let tries = 0; while (this.isBusy) { await sleep(5); if (++tries > 10) throw new Error(); } this.isBusy = true; try { await this.write(); } finally { this.isBusy = false; } }',
    ),
  ],
  [
    'that is not all that is waited for',
    store(
      'isBusy = false;',
      'async save() { while (this.isBusy && Date.now() < this.end) await sleep(5); this.isBusy = true; try { await this.write(); } finally { this.isBusy = false; } }',
    ),
  ],
  [
    'that is asked once',
    store(
      'isBusy = false;',
      'async save() { if (this.isBusy) await sleep(5); this.isBusy = true; try { await this.write(); } finally { this.isBusy = false; } }',
    ),
  ],
  [
    'for which nobody waits',
    store(
      'isBusy = false;',
      'async save() { if (this.isBusy) return; this.isBusy = true; try { await new Promise((r) => this.write(r)); } finally { this.isBusy = false; } }',
    ),
  ],
  [
    'that stays up on one way out',
    store(
      'isBusy = false;',
      'async save() { while (this.isBusy) await sleep(5); this.isBusy = true; if (await this.isSaved()) return; await this.write(); this.isBusy = false; }',
    ),
  ],
  [
    'that others write from outside',
    `${store(
      'isBusy = false;',
      'async save() { while (this.isBusy) await sleep(5); this.isBusy = true; try { await this.write(); } finally { this.isBusy = false; } }',
    )}\nexport function reset(store) { store.isBusy = false; }`,
  ],
  [
    'of a module that a listener clears',
    "let isBusy = false;\nprocess.on('message', () => { isBusy = false; });\nexport async function save() { while (isBusy) await sleep(5); isBusy = true; try { await write(); } finally { isBusy = false; } }",
  ],
  [
    'of a module where something else is called so',
    'let isBusy = false;\nexport async function save(isBusy) { while (isBusy) await sleep(5); isBusy = true; try { await write(); } finally { isBusy = false; } }',
  ],
];

const NO_CHAINS: readonly Row[] = [
  [
    'that nobody waits for',
    store('tail = Promise.resolve();', 'log(line) { this.tail = this.tail.then(() => this.write(line)); }'),
  ],
  [
    'that nobody waits for, of an asynchronous function',
    store('tail = Promise.resolve();', 'async log(line) { this.tail = this.tail.then(() => this.write(line)); }'),
  ],
  [
    'that only lets time pass',
    store('tail = Promise.resolve();', 'turn() { this.tail = this.tail.then(() => sleep(100)); return this.tail; }'),
  ],
  [
    'to which others are not tied',
    store('ready = load();', 'get() { const value = this.ready.then(() => this.read()); return value; }'),
  ],
  [
    'that goes on with something else',
    store(
      'tail = Promise.resolve();',
      'save() { const result = this.tail.then(() => this.write()); this.tail = Promise.resolve(); return result; }',
    ),
  ],
  [
    'that is begun anew',
    store(
      'tail = Promise.resolve();',
      'save() { this.tail = this.tail.then(() => this.write()); return this.tail; }',
      'clear() { this.tail = Promise.resolve(); }',
    ),
  ],
  [
    'of another field',
    store(
      'ready = load(); saved = null;',
      'save() { this.saved = this.ready.then(() => this.write()); return this.saved; }',
    ),
  ],
  [
    'that is made once',
    store('ready = null;', 'load() { this.ready ??= fetch().then(() => this.read()); return this.ready; }'),
  ],
  [
    'that is put there when something has been awaited',
    store(
      'tail = Promise.resolve();',
      'async save() { await this.load(); const next = this.tail.then(() => this.write()); await next; this.tail = next; return next; }',
    ),
  ],
  [
    'of two lines',
    store(
      'one = Promise.resolve(); other = Promise.resolve();',
      'save() { this.one = this.one.then(() => this.write()); return this.one; }',
      'load() { this.other = this.other.then(() => this.read()); return this.other; }',
    ),
  ],
  [
    'that only counts',
    store(
      'last = Promise.resolve();',
      'count() { this.last = this.last.then(() => this.size + 1); return this.last; }',
    ),
  ],
];

const COUNTED =
  'async save() { while (this.active >= this.max) await sleep(5); this.active++; try { await this.write(); } finally { this.active--; } }';

test('is taken for a lock: a counter', () => {
  expect(marked(store('active = 0; max = 2;', COUNTED))).toContain('{"sections":["save"]},o=>o.max)');
});

const NO_COUNTERS: readonly Row[] = [
  ['whose room changes', store('active = 0; max = 2;', COUNTED, 'grow() { this.max++; }')],
  ['whose room comes from elsewhere', store('active = 0;', COUNTED)],
  ['that somebody else counts up', store('active = 0; max = 2;', COUNTED, 'begin() { ++this.active; }')],
  ['that somebody else counts down', store('active = 0; max = 2;', COUNTED, 'end() { this.active--; }')],
  ['that is begun anew', store('active = 0; max = 2;', COUNTED, 'reset() { this.active = 0; }')],
  [
    'of amounts',
    store('active = 0; max = 2;', COUNTED.replace('active++', 'active += n').replace('active--', 'active -= n')),
  ],
  [
    'that another one may have counted meanwhile',
    store('active = 0; max = 2;', COUNTED.replace('this.active++', 'await this.load(); this.active++')),
  ],
  [
    'that stays up when something fails',
    store('active = 0; max = 2;', COUNTED.replace('try {', '{').replace('finally', '')),
  ],
  [
    'with one more reason to wait',
    store('active = 0; max = 2;', COUNTED.replace('this.max)', 'this.max || this.isPaused)')),
  ],
  [
    'of those who have begun in a while',
    store(
      'active = 0; max = 2;',
      COUNTED.replace('finally { this.active--; }', 'finally { setTimeout(() => this.active--, 1000); }'),
    ),
  ],
];

test.each(NO_COUNTERS)('is left alone: a counter %s', (_name, source) => {
  expect(marked(source)).toBe(null);
});

test.each(NO_GATES)('is left alone: a gate %s', (_name, source) => {
  expect(marked(source)).toBe(null);
});

test.each(NO_FLAGS)('is left alone: a flag %s', (_name, source) => {
  expect(marked(source)).toBe(null);
});

test.each(NO_CHAINS)('is left alone: a chain %s', (_name, source) => {
  expect(marked(source)).toBe(null);
});
