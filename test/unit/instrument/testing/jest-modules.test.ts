import { join } from 'node:path';
import vm, { Script } from 'node:vm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { markModules } from '../../../../instrument/testing/jest-modules.ts';

const OWN = Symbol.for('dept.own');
const LOCK = `class Turn {
  isTaken = false;
  waiting = [];
  async take() { if (this.isTaken) await new Promise((resolve) => this.waiting.push(resolve)); this.isTaken = true; }
  give() { const next = this.waiting.shift(); if (next) next(); else this.isTaken = false; }
}
module.exports = Turn;`;
const PARAMETERS = ['module', 'exports', 'require', '__dirname', '__filename', 'jest'];
const FOLDER = join(import.meta.dirname, 'project');
const FILE = join(FOLDER, 'turn.cjs');

type Evaluated = Record<string, (module: { exports: unknown }) => void>;

const global = globalThis as Record<symbol, unknown>;
let adopted: string[] = [];
let isOver = false;
let end = (): void => undefined;
beforeEach(() => {
  adopted = [];
  isOver = false;
  global[OWN] = { adopt: ({ name }: { name: string }) => adopted.push(name) };
  end = markModules(() => isOver);
});
afterEach(() => {
  end();
  delete global[OWN];
});

function wrapped(text: string): string {
  return `({"Object.<anonymous>":function(${PARAMETERS.join(',')}){${text}\n}});`;
}

/** Compiles a module as jest 29 does. @returns the classes that have told of themselves */
function compile(options: vm.ScriptOptions | string = { filename: FILE }, Made = vm.Script): readonly string[] {
  const module = { exports: {} };
  (new Made(wrapped(LOCK), options).runInThisContext() as Evaluated)['Object.<anonymous>']?.(module);
  return adopted.splice(0);
}

/** A sandbox in which a copy of dept is watching. */
function contextWith(own: unknown): vm.Context {
  return vm.createContext({ [OWN]: own } as vm.Context);
}

/** The same as later versions do. */
function compileBody(parsingContext: vm.Context | undefined, parameters = PARAMETERS): readonly string[] {
  const options = { filename: FILE, ...(parsingContext === undefined ? {} : { parsingContext }) };
  vm.compileFunction(LOCK, parameters, options)({ exports: {} });
  return adopted.splice(0);
}

test('a module that is compiled with what jest puts around it', () => {
  expect(compile()).toEqual(['Turn']);
});

test('one that is compiled as the body of a function, for the sandbox', () => {
  const sandbox = contextWith(global[OWN]);
  expect(compileBody(sandbox)).toEqual(['Turn']);
  expect(compileBody(sandbox, ['module', 'exports'])).toEqual([]);
  expect(compileBody(contextWith({}))).toEqual([]);
  expect(compileBody(contextWith(undefined))).toEqual([]);
  expect(compileBody(undefined)).toEqual([]);
});

test.each([
  ['a package', join(FOLDER, 'node_modules', 'turns', 'index.js'), []],
  ['a package that is called after a lock', join(FOLDER, 'node_modules', 'my-mutex', 'index.js'), ['Turn']],
  ['one that dept knows', join(FOLDER, 'node_modules', 'async-mutex', 'index.js'), []],
  ['a script of a page', 'http://localhost/turn.js', []],
  ['a script without a file', 'evalmachine.<anonymous>', []],
])('%s', (_name, filename, expected) => {
  expect(compile({ filename })).toEqual(expected);
});

test('scripts of others are left alone', () => {
  expect(compile(FILE)).toEqual([]);
  expect(compile({ filename: FILE, produceCachedData: true } as vm.ScriptOptions)).toEqual([]);
  expect(compile({ filename: FILE, cachedData: new Script(wrapped(LOCK)).createCachedData() })).toEqual([]);
  new vm.Script(LOCK.replace('module.exports = ', ''), { filename: FILE }).runInThisContext();
  expect(adopted).toEqual([]);
});

test('a text in which statements are counted, or that a map would lead astray in, is left alone', () => {
  const module = { exports: {} };
  const texts = [
    `${LOCK} var counters = "__coverage__";`,
    // Behind the mark in its line are two lines of the source.
    `${LOCK}\n//# sourceMappingURL=data:application/json;base64,${btoa(JSON.stringify({ version: 3, sources: ['a.ts'], mappings: 'AAAA,aACA,CACA' }))}`,
  ];
  for (const text of texts) {
    const { 'Object.<anonymous>': run } = new vm.Script(wrapped(text), {
      filename: FILE,
    }).runInThisContext() as Evaluated;
    run?.(module);
  }
  expect(adopted).toEqual([]);
});

test('classes are made as before', () => {
  class Kept extends vm.Script {
    readonly more = 1;
  }
  const kept = new Kept('1 + 1', { filename: FILE });
  expect([kept instanceof Kept, kept instanceof Script, kept.more, kept.runInThisContext()]).toEqual([
    true,
    true,
    1,
    2,
  ]);
  expect(compile({ filename: FILE }, Kept)).toEqual(['Turn']);
  expect(new vm.Script('1')).toBeInstanceOf(Script);
  expect([vm.Script.name, vm.Script.length, vm.Script.prototype]).toEqual([
    Script.name,
    Script.length,
    Script.prototype,
  ]);
  expect(() => new vm.Script('}{', { filename: FILE })).toThrow(SyntaxError);
});

test('what was replaced is put back, and what somebody has kept does nothing more', () => {
  const kept = vm.Script;
  end();
  expect([vm.Script, compile({ filename: FILE }, kept)]).toEqual([Script, []]);
  expect(Reflect.ownKeys(vm).filter((key) => typeof key === 'symbol')).toEqual([]);
});

test('nothing is left of a file that had no end', () => {
  isOver = true;
  expect(compile()).toEqual([]);
  expect(vm.Script).toBe(Script);
  isOver = false;
  const first = markModules(() => false);
  const left = vm.Script;
  end = markModules(() => false);
  expect([compile({ filename: FILE }, left), compile()]).toEqual([[], ['Turn']]);
  end();
  first();
  expect(vm.Script).toBe(Script);
});

test('it can be switched off', () => {
  end();
  process.env['DEPT_OWN_LOCKS'] = '0';
  try {
    end = markModules(() => false);
  } finally {
    delete process.env['DEPT_OWN_LOCKS'];
  }
  expect(vm.Script).toBe(Script);
});
