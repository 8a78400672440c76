/** What dept knows an object of the program by, without keeping it: a heap tells it from a `WeakRef` that the program has. */
export class OwnWeakRef<T extends WeakKey> extends WeakRef<T> {}
