import childProcess from 'node:child_process';
import crypto from 'node:crypto';
import dns from 'node:dns';
import { EventEmitter } from 'node:events';
import fs from 'node:fs';
import timers from 'node:timers';
import zlib from 'node:zlib';
import { expect, test } from 'vitest';
import { isConstructor } from '../../../instrument/patches/stand-in.ts';
import { LibraryStage } from './libraries/library-stage.ts';

const OWNERS: readonly (readonly [owner: object, names: readonly string[]])[] = [
  [globalThis, ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'fetch']],
  [process, ['nextTick', 'getBuiltinModule']],
  [Promise, ['all', 'allSettled', 'any', 'race']],
  [Atomics, ['wait']],
  [AbortSignal, ['timeout', 'any']],
  [EventEmitter, ['once']],
  [EventEmitter.prototype, ['on', 'once', 'addListener', 'emit']],
  [childProcess, ['exec', 'execFile']],
  [crypto, ['randomBytes', 'pbkdf2']],
  [dns, ['lookup', 'resolve', 'reverse']],
  [fs, ['readFile', 'stat', 'write']],
  [timers, ['setTimeout', 'setInterval', 'setImmediate']],
  [zlib, ['gzip', 'inflate']],
  [ReadableStream.prototype, ['pipeTo', 'pipeThrough', 'tee', 'cancel']],
  [WritableStream.prototype, ['getWriter']],
  [Response.prototype, ['clone']],
];

/** Of each function whether it can be called with `new`, and whether it has a prototype. */
function forms(): readonly string[] {
  return OWNERS.flatMap(([owner, names]) =>
    names.map((name) => {
      const made: unknown = Reflect.get(owner, name);
      if (typeof made !== 'function') return `no ${name}`;
      return `${name} ${isConstructor(made)} ${Object.hasOwn(made, 'prototype')}`;
    }),
  );
}

test('what can be called with new still can, and nothing else', () => {
  const before = forms();
  using _stage = new LibraryStage();
  expect(forms()).toEqual(before);
});

interface Makers {
  setTimeout: new (callback: () => void, ms: number) => NodeJS.Timeout;
  queueMicrotask: new (callback: () => void) => object;
}

test('a timer that is made with new is a timer, and a microtask an object that says nothing', async () => {
  using _stage = new LibraryStage();
  const { setTimeout: Timer, queueMicrotask: Microtask } = globalThis as unknown as Makers;
  const timer = new Timer(() => undefined, 1000);
  expect(timer.constructor.name).toBe('Timeout');
  clearTimeout(timer);
  const ran = await new Promise((resolve) => {
    expect(new Microtask(() => resolve('ran'))).toBeInstanceOf(Microtask);
  });
  expect(ran).toBe('ran');
});

test('the timers of the module are the global ones', () => {
  using _stage = new LibraryStage();
  expect(timers.setTimeout).toBe(globalThis.setTimeout);
  expect(timers.setImmediate).toBe(globalThis.setImmediate);
});
