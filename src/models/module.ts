import { EBUSY } from '../sync/errno.ts';
import { Handle } from '../sync/handle.ts';
import { Lifetime } from './lifetime.ts';
import { crash } from './warn.ts';

type AnyFunction = (this: unknown, ...parameters: unknown[]) => unknown;

/**
 * `struct module`: code and tables that can go away. What a module `own`s is poisoned by `unload`: a read of a table, a
 * call of a function, and the return into a function that was still running are all found.
 */
export class KernelModule {
  readonly name: string;
  readonly #handle: Handle;
  readonly #text: Lifetime;
  readonly #calls = new WeakMap<AnyFunction, AnyFunction>();
  #references = 0;

  constructor(name: string) {
    this.name = name;
    this.#handle = new Handle('module', { name });
    this.#text = new Lifetime(`module ${name}`, this.#handle);
  }

  /** `module_refcount` */
  get references(): number {
    return this.#references;
  }

  get unloaded(): boolean {
    return this.#text.freed;
  }

  /** `try_module_get`. @returns false once it is unloaded */
  tryGet(): boolean {
    if (this.unloaded) return false;
    this.#references++;
    return true;
  }

  /** `module_put`. @throws DeptError `ERR_DEPT_REFCOUNT` when nobody holds a reference */
  put(): void {
    if (this.#references === 0) {
      const message = `module_put(${this.name}) without a reference. Put each reference of tryGet() once.`;
      throw crash('refcount-underflow', 'ERR_DEPT_REFCOUNT', message, this.#handle.object);
    }
    this.#references--;
  }

  /** A table or string of the module, watched from now on. Compare the result with itself, not with what went in. */
  own<T extends object>(what: string, memory: T): T {
    // A proxy must not answer otherwise for a property that cannot change.
    return new Proxy(Object.isFrozen(memory) ? { ...memory } : memory, {
      get: (target, property, receiver) => {
        this.#text.check(`a read of ${what}.${String(property)}`);
        const value: unknown = Reflect.get(target, property, receiver);
        return typeof value === 'function' ? this.#watched(`${what}.${String(property)}`, value as AnyFunction) : value;
      },
      has: (target, property) => {
        this.#text.check(`a read of ${what}.${String(property)}`);
        return Reflect.has(target, property);
      },
    });
  }

  /** `delete_module`. @returns 0, or -EBUSY while somebody holds a reference */
  unload(): number {
    if (this.#references > 0) return -EBUSY;
    this.#text.free(`delete_module(${this.name})`);
    return 0;
  }

  /** The function with a check at both ends; always the same one for the same function. */
  #watched(what: string, original: AnyFunction): AnyFunction {
    const known = this.#calls.get(original);
    if (known !== undefined) return known;
    const text = this.#text;
    const call: AnyFunction = function call(this: unknown, ...parameters) {
      text.check(`a call of ${what}`);
      const result = original.apply(this, parameters);
      if (!(result instanceof Promise)) return result;
      return result.finally(() => text.check(`the return into ${what}`));
    };
    this.#calls.set(original, call);
    return call;
  }
}
