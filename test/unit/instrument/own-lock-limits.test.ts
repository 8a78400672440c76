import { Script } from 'node:vm';
import { expect, test } from 'vitest';
import { marked } from '../../../instrument/own-locks/marked.ts';
import { LibraryStage } from './libraries/library-stage.ts';

interface Lock {
  acquire(...args: unknown[]): Promise<unknown>;
  release(): void;
}

function lockOf(waits: string, members = ''): string {
  return `class Lock {
  locked = false;
  waiting = [];
  ${members}
  ${waits}
  release() { const next = this.waiting.shift(); if (next) next.resolve(); else this.locked = false; }
}`;
}

function made(source: string): () => Lock {
  const text = marked(source);
  if (text === null) throw new Error('is not taken for a lock');
  const make = new Script(`(() => { ${text}\nreturn () => new Lock(); })()`, { filename: '/program/limits.js' });
  return make.runInThisContext() as () => Lock;
}

const leaves = (waiter: string): string =>
  `const at = this.waiting.indexOf(${waiter}); if (at >= 0) this.waiting.splice(at, 1);`;
const BY_TIME = (ms: string): string => `return new Promise((resolve, reject) => {
    const waiter = { resolve: () => { clearTimeout(timer); resolve(); } };
    const timer = setTimeout(() => { ${leaves('waiter')} reject(new Error('timeout')); }, ${ms});
    this.waiting.push(waiter);
  });`;
const BY_SIGNAL = (signal: string): string => `return new Promise((resolve, reject) => {
    const waiter = { resolve, reject };
    const onAbort = () => { ${leaves('waiter')} reject(${signal}.reason); };
    ${signal}?.addEventListener('abort', onAbort, { once: true });
    this.waiting.push(waiter);
  });`;
const FREE = 'if (!this.locked) { this.locked = true; return; }';

const ARGUMENT = lockOf(`async acquire(timeoutMs) { ${FREE} ${BY_TIME('timeoutMs')} }`);
const INITIAL = lockOf(`async acquire(timeoutMs = 200) { ${FREE} ${BY_TIME('timeoutMs')} }`);
const OPTION = lockOf(
  `async acquire(options) { ${FREE} const wait = options?.timeout ?? this.timeout; ${BY_TIME('wait')} }`,
  'timeout = 0;',
);
const FIELD = lockOf(`async acquire() { ${FREE} ${BY_TIME('this.timeout')} }`, 'timeout = 300;');
const SIGNAL = lockOf(`async acquire(signal) { signal?.throwIfAborted(); ${FREE} ${BY_SIGNAL('signal')} }`);
const LISTED = lockOf(`async acquire(options = {}) { ${FREE} ${BY_SIGNAL('options.signal')} }`);

const LIMITS: readonly (readonly [name: string, source: string, args: readonly unknown[], severity: string])[] = [
  ['an argument', ARGUMENT, [500], 'warning'],
  ['an argument that is not given', ARGUMENT, [], 'error'],
  ['an argument that is infinite', ARGUMENT, [Number.POSITIVE_INFINITY], 'error'],
  ['an argument that is what it is if not given', INITIAL, [], 'warning'],
  ['an option', OPTION, [{ timeout: 100 }], 'warning'],
  ['a field that is zero', OPTION, [], 'error'],
  ['a field', FIELD, [], 'warning'],
  ['a signal that aborts by itself', SIGNAL, [() => AbortSignal.timeout(100_000)], 'warning'],
  ['a signal that somebody may abort', SIGNAL, [() => new AbortController().signal], 'error'],
  ['a signal among options', LISTED, [() => ({ signal: AbortSignal.timeout(100_000) })], 'warning'],
];

test.each(LIMITS)(
  'a circle that a limit of a wait ends is a warning, any other an error: %s',
  async (_name, source, args, severity) => {
    using stage = new LibraryStage();
    const make = made(source);
    const one = make();
    const other = make();
    const both = async (first: Lock, second: Lock): Promise<void> => {
      // A signal is made when dept is there.
      const given = args.map((arg) => (typeof arg === 'function' ? arg() : arg));
      await first.acquire(...given);
      await second.acquire(...given);
      second.release();
      first.release();
    };
    await both(one, other);
    await both(other, one);
    expect(await stage.found()).toEqual([`DEPT001 ${severity} first second`]);
  },
);

test('who is refused has nothing, and the next one gets it', async () => {
  using stage = new LibraryStage();
  const lock = made(SIGNAL)();
  const control = new AbortController();
  await lock.acquire();
  const refused = lock.acquire(control.signal);
  const next = lock.acquire();
  control.abort(new Error('no more'));
  await expect(refused).rejects.toThrow('no more');
  expect(stage.open).toEqual(['lock']);
  lock.release();
  await next;
  expect(stage.open).toEqual([]);
  lock.release();
  expect(await stage.found()).toEqual([]);
});
