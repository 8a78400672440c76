import { EACCES } from '../sync/errno.ts';

/** A parameter of a module (`module_param`): set when the module is loaded, shown in sysfs, perhaps writable there. */
export class ModuleParam<T> {
  readonly name: string;
  /** Permissions of the file in sysfs, as 0o444. */
  readonly mode: number;
  #value: T;

  constructor(name: string, value: T, mode: number) {
    this.name = name;
    this.mode = mode;
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  /** Writes the file in sysfs. @returns 0, or -EACCES for a parameter that is read only at run time */
  store(value: T): number {
    if ((this.mode & 0o222) === 0) return -EACCES;
    this.#value = value;
    return 0;
  }
}
