import { describe, expect, test } from 'vitest';
import { Lifetime } from '../../src/models/lifetime.ts';
import { KernelModule } from '../../src/models/module.ts';
import { perWorld } from '../../src/models/per-world.ts';
import { rcu } from '../../src/models/rcu.ts';
import { EBUSY } from '../../src/sync/errno.ts';
import { inKernel } from './stage.ts';

describe('Lifetime', () => {
  test('finds a use after free and a double free, and tells observers', async () => {
    const { misuses } = await inKernel(() => {
      const memory = new Lifetime('struct foo');
      memory.check('foo_get');
      memory.free('foo_release');
      const uaf = { code: 'ERR_DEPT_USE_AFTER_FREE', message: expect.stringMatching(/foo_get.*freed by foo_release/) };
      expect(() => memory.check('foo_get')).toThrow(expect.objectContaining(uaf));
      expect(() => memory.free()).toThrow(expect.objectContaining({ code: 'ERR_DEPT_DOUBLE_FREE' }));
    });
    expect(misuses.map(({ kind, object }) => [kind, object?.label])).toEqual([
      ['use-after-free', 'struct foo'],
      ['double-free', 'struct foo'],
    ]);
  });
});

describe('KernelModule', () => {
  const table = (): { readonly name: string; readonly double: (n: number) => number } => ({
    name: 'foo',
    double: (n) => 2 * n,
  });

  test('its tables work until it is unloaded, and are poison then', () => {
    const module = new KernelModule('foo');
    const ops = module.own('foo_ops', table());
    const { double } = ops;
    expect([ops.name, ops.double(2), ops.double === double]).toEqual(['foo', 4, true]);
    expect(module.unload()).toBe(0);
    const poison = expect.objectContaining({ code: 'ERR_DEPT_USE_AFTER_FREE' });
    expect(() => ops.name).toThrow(poison);
    expect(() => 'name' in ops).toThrow(poison);
    expect(() => double(2)).toThrow(poison);
    expect(() => module.unload()).toThrow(expect.objectContaining({ code: 'ERR_DEPT_DOUBLE_FREE' }));
  });

  test('a frozen table is watched as any other', () => {
    const module = new KernelModule('foo');
    const ops = module.own('foo_ops', Object.freeze(table()));
    expect(ops.double(2)).toBe(4);
    module.unload();
    expect(() => ops.double).toThrow(expect.objectContaining({ code: 'ERR_DEPT_USE_AFTER_FREE' }));
  });

  test('a function that still runs has nowhere to return to', async () => {
    const module = new KernelModule('foo');
    let finish: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const running = module.own('foo_ops', { wait: () => gate }).wait();
    module.unload();
    finish();
    await expect(running).rejects.toMatchObject({ message: expect.stringMatching(/the return into foo_ops.wait/) });
  });

  test('references keep it; one too few is found', () => {
    const module = new KernelModule('foo');
    expect(module.tryGet()).toBe(true);
    expect([module.unload(), module.references]).toEqual([-EBUSY, 1]);
    module.put();
    expect(() => module.put()).toThrow(expect.objectContaining({ code: 'ERR_DEPT_REFCOUNT' }));
    expect([module.unload(), module.unloaded, module.tryGet()]).toEqual([0, true, false]);
  });
});

test('what a machine has once is one for each world', async () => {
  const counter = perWorld(() => ({ value: 0 }));
  const domains = new Set<unknown>();
  for (let world = 0; world < 2; world++) {
    await inKernel(() => {
      domains.add(rcu());
      expect(rcu()).toBe(rcu());
      expect(++counter().value).toBe(1);
    });
  }
  expect(domains.size).toBe(2);
});
