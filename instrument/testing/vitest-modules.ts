import vm from 'node:vm';
import { configFromEnv } from '../config.ts';
import { markedOrNull } from '../own-locks/marking.ts';
import { replaced } from '../patches/replaced.ts';
import { isInstalled } from '../paths.ts';

/** What vitest puts around a module that it has transformed. */
const WRAPPED = /^'use strict';async \([\w$,]*\)=>\{\{/;
const END = '\n}}';

interface CompileOptions {
  readonly filename?: string;
}

interface Worker {
  readonly config?: { readonly coverage?: { readonly enabled?: boolean } };
}

/**
 * vitest compiles the modules of a program itself, where no hook of Node's sees them: their own locks are recognised there. Not where
 * coverage is measured, which counts the characters of their texts. Call once for each file of tests.
 */
export function markModules(): void {
  const worker = (globalThis as { __vitest_worker__?: Worker }).__vitest_worker__;
  if (worker?.config?.coverage?.enabled === true || !configFromEnv(process.env).ownLocks) return;
  const { runInThisContext } = vm;
  if (Object.hasOwn(runInThisContext, MARKS)) return;
  replaced(vm, 'runInThisContext', (original) => {
    const run = function runInThisContext(this: unknown, code: unknown, ...rest: unknown[]): unknown {
      const { filename = '' } = (rest[0] ?? {}) as CompileOptions;
      return Reflect.apply(original, this as never, [markedModule(code, filename), ...rest] as never);
    };
    Object.defineProperty(run, MARKS, { value: true });
    return run;
  });
}

/** Tells that a file before has done it, in a worker that all of them share. */
const MARKS = Symbol.for('dept.marks');

function markedModule(code: unknown, filename: string): unknown {
  if (typeof code !== 'string' || isInstalled(filename) || !code.endsWith(END)) return code;
  const head = WRAPPED.exec(code)?.[0];
  if (head === undefined) return code;
  const marked = markedOrNull(code.slice(head.length, -END.length));
  return marked === null ? code : `${head}${marked}${END}`;
}
