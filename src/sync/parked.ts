/** A promise somebody awaits, and the two ways to go on. The first call of either decides; later ones do nothing. */
export interface Parked<T> {
  readonly promise: Promise<T>;
  wake(value: T): void;
  fail(error: unknown): void;
}

/** A promise that goes on as soon as it is told to (`Promise.withResolvers`, which Node 20 lacks). */
export function deferred<T>(): Parked<T> {
  let wake: (value: T) => void = () => undefined;
  let fail: (error: unknown) => void = () => undefined;
  const promise = new Promise<T>((resolve, reject) => {
    wake = resolve;
    fail = reject;
  });
  return { promise, wake, fail };
}
