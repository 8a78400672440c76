/** Prototypes of classes that Node exports nowhere: each is patched when the first instance is met. */
export class MetPrototypes {
  readonly #patched = new WeakSet<object>();
  readonly #undo: (() => void)[] = [];

  /** Patches what this is an instance of, once. @param patch gives what restores it */
  meet<T extends object>(instance: T, patch: (prototype: T) => () => void): void {
    const prototype = Object.getPrototypeOf(instance) as T;
    if (this.#patched.has(prototype)) return;
    this.#patched.add(prototype);
    this.#undo.push(patch(prototype));
  }

  restore(): void {
    for (const undo of this.#undo.splice(0).reverse()) undo();
  }
}
