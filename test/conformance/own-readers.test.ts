import { Script } from 'node:vm';
import { afterEach, describe, expect, test } from 'vitest';
import { currentInstallation, install } from '../../instrument/install.ts';
import { marked } from '../../instrument/own-locks/marked.ts';
import { type Hold, librarySuite } from './library-suite.ts';

interface ReadersLock {
  readonly read: Hold;
  readonly write: Hold;
}

interface ReadersForm {
  readonly name: string;
  /** A reader stands behind a writer that waits already. */
  readonly isQueued: boolean;
  readonly source: string;
}

const RELEASED = `const make = () => {
  const lock = new Lock();
  const held = (flavour) => async (task) => {
    await lock['acquire' + flavour]();
    try { return await task(); } finally { lock['release' + flavour](); }
  };
  return { read: held('Read'), write: held('Write') };
};`;
const TICKETS = `const make = () => {
  const lock = new Lock();
  const held = (acquire) => async (task) => { const release = await acquire(); try { return await task(); } finally { release(); } };
  return { read: held(() => lock.acquireRead()), write: held(() => lock.acquireWrite()) };
};`;
const RUN = `const make = () => {
  const lock = new Lock();
  return { read: (task) => lock.read(task), write: (task) => lock.write(task) };
};`;

const FORMS: readonly ReadersForm[] = [
  {
    name: 'readers and writers in lines of their own, writers first',
    isQueued: true,
    source: `class Lock {
  readers = 0;
  writing = false;
  readLine = [];
  writeLine = [];
  async acquireRead() {
    if (!this.writing && this.writeLine.length === 0) { this.readers++; return; }
    await new Promise((go) => this.readLine.push(() => { this.readers++; go(); }));
  }
  async acquireWrite() {
    if (!this.writing && this.readers === 0) { this.writing = true; return; }
    await new Promise((go) => this.writeLine.push(() => { this.writing = true; go(); }));
  }
  releaseRead() { this.readers--; if (this.readers === 0) this.next(); }
  releaseWrite() { this.writing = false; this.next(); }
  next() {
    const writer = this.writeLine.shift();
    if (writer) return writer();
    for (const go of this.readLine.splice(0)) go();
  }
}
${RELEASED}`,
  },
  {
    name: 'readers and writers in one line that is looked through',
    isQueued: false,
    source: `class Lock {
  #readers = 0; #writing = false; #line = [];
  #pump() {
    while (this.#line.length > 0) {
      const first = this.#line[0];
      if (first.isWriter) {
        if (this.#readers > 0 || this.#writing) return;
        this.#writing = true;
      } else {
        if (this.#writing) return;
        this.#readers++;
      }
      this.#line.shift();
      first.go();
    }
  }
  acquireRead() { return new Promise((go) => { this.#line.push({ isWriter: false, go }); this.#pump(); }); }
  releaseRead() { this.#readers--; this.#pump(); }
  acquireWrite() { return new Promise((go) => { this.#line.push({ isWriter: true, go }); this.#pump(); }); }
  releaseWrite() { this.#writing = false; this.#pump(); }
}
${RELEASED}`,
  },
  {
    name: 'tickets of readers and writers',
    isQueued: true,
    source: `class Lock {
  readers = 0; writing = false; readLine = []; writeLine = [];
  async acquireRead() {
    if (!this.writing && this.writeLine.length === 0) { this.readers++; return this.readTicket(); }
    return new Promise((go) => { this.readLine.push(() => { this.readers++; go(this.readTicket()); }); });
  }
  async acquireWrite() {
    if (!this.writing && this.readers === 0) { this.writing = true; return this.writeTicket(); }
    return new Promise((go) => { this.writeLine.push(() => { this.writing = true; go(this.writeTicket()); }); });
  }
  readTicket() {
    return () => { this.readers--; if (this.readers === 0) this.writeLine.shift()?.(); };
  }
  writeTicket() {
    return () => {
      this.writing = false;
      const readers = this.readLine.splice(0);
      if (readers.length === 0) this.writeLine.shift()?.();
      for (const go of readers) go();
    };
  }
}
${TICKETS}`,
  },
  {
    name: 'tasks that read and tasks that write, woken together',
    isQueued: false,
    source: `class Lock {
  #readers = 0; #writing = false; #line = [];
  async read(task) {
    while (this.#writing) await new Promise((go) => this.#line.push(go));
    this.#readers++;
    try { return await task(); } finally { this.#readers--; if (this.#readers === 0) this.#wake(); }
  }
  async write(task) {
    while (this.#writing || this.#readers > 0) await new Promise((go) => this.#line.push(go));
    this.#writing = true;
    try { return await task(); } finally { this.#writing = false; this.#wake(); }
  }
  #wake() { for (const go of this.#line.splice(0)) go(); }
}
${RUN}`,
  },
];

function load({ name, source }: ReadersForm): () => ReadersLock {
  const script = new Script(`(() => {${marked(source)}\nreturn make;})()`, { filename: `/program/${name}.js` });
  return script.runInThisContext() as () => ReadersLock;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

for (const form of FORMS) {
  test(`${form.name}: taken for a lock, and every line stays where it was`, () => {
    const text = marked(form.source);
    expect(text).toContain(`"isQueued":${form.isQueued}`);
    expect(text?.split('\n').length).toBe(form.source.split('\n').length);
  });

  librarySuite({
    name: `${form.name}: who writes`,
    load: () => Promise.resolve(() => load(form)().write),
    tasks: form.source.includes(RUN),
    capacities: [1],
  });

  describe(`${form.name}: who reads`, () => {
    afterEach(() => currentInstallation()?.uninstall());

    async function told(
      use: (users: ReadersLock, groups: ReadersLock) => Promise<unknown>,
    ): Promise<readonly string[]> {
      const installation = install();
      const make = load(form);
      await use(make(), make());
      for (let i = 0; i < 5; i++) await turn();
      installation.waitsFor.confirm(true);
      return installation.findings.map(({ code }) => code);
    }

    test('has it beside others, and nobody beside a writer', async () => {
      const log: string[] = [];
      const step = (name: string) => async (): Promise<void> => {
        log.push(`${name} in`);
        await turn();
        log.push(`${name} out`);
      };
      const findings = await told(({ read, write }) =>
        Promise.all([read(step('a')), read(step('b')), write(step('c'))]),
      );
      expect(log).toEqual(['a in', 'b in', 'a out', 'b out', 'c in', 'c out']);
      expect(findings).toEqual([]);
    });

    test('two locks in two orders, to read the second: a circle', async () => {
      const findings = await told(async (users, groups) => {
        await users.write(() => groups.read(turn));
        await groups.write(() => users.read(turn));
      });
      expect(findings).toEqual(['DEPT001']);
    });

    test('two locks in two orders, only to read: a circle where a writer can stand between', async () => {
      const findings = await told(async (users, groups) => {
        await users.read(() => groups.read(turn));
        await groups.read(() => users.read(turn));
      });
      expect(findings).toEqual(form.isQueued ? ['DEPT001'] : []);
    });

    test('once more while it reads: a circle where a writer can stand between', async () => {
      const findings = await told(({ read }) => read(() => read(turn)));
      expect(findings).toEqual(form.isQueued ? ['DEPT001'] : []);
    });

    test('who asks to write while he reads hangs', async () => {
      const findings = await told(async ({ read, write }) => {
        void read(() => write(turn));
        for (let i = 0; i < 5; i++) await turn();
      });
      expect(findings).toEqual(['DEPT002']);
    });
  });
}

const LEFT_ALONE: readonly (readonly [name: string, change: (source: string) => string])[] = [
  [
    'a reader that becomes a writer',
    (source) => source.replace('  next() {', '  upgrade() { this.readers--; return this.acquireWrite(); }\n  next() {'),
  ],
  [
    'one lock for each key',
    (source) => source.replaceAll('this.writing', 'this.writing[key]').replaceAll('acquireRead()', 'acquireRead(key)'),
  ],
  [
    'a wait that ends after some time',
    (source) => source.replace('async acquireRead() {', 'async acquireRead() { setTimeout(() => this.next(), 5);'),
  ],
  ['readers that are not counted', (source) => source.replaceAll('this.readers--;', '')],
  ['a release that cannot be replaced', (source) => source.replaceAll('releaseRead', '#releaseRead')],
];

test.each(LEFT_ALONE)('%s is left alone', (_name, change) => {
  const [{ source }] = FORMS as [ReadersForm, ...ReadersForm[]];
  expect(marked(source)).not.toBe(null);
  expect(change(source)).not.toBe(source);
  expect(marked(change(source))).toBe(null);
});
