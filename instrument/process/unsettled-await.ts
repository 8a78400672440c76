/** Exit code of Node when a top-level await never settles. */
const UNSETTLED_AWAIT = 13;

/** Node 20 sets the code in a listener of this name, which is there while the first module is evaluated. */
const LISTENER_OF_NODE_20 = 'handleProcessExit';

/**
 * Whether a program that has nothing left to run stands in a top-level await. Its exit code does not tell: that of a test
 * runner is the number of tests that have failed.
 */
export class UnsettledAwait {
  #isUnsettled = false;
  readonly #onBeforeExit = (): void => {
    process.off('exit', this.#onExit);
    // What the program has set by itself Node leaves alone. Before the listeners of the program, which may set it, too.
    if (process.exitCode === undefined || process.exitCode === null) process.prependOnceListener('exit', this.#onExit);
  };
  readonly #onExit = (code: number): void => {
    this.#isUnsettled =
      code === UNSETTLED_AWAIT || process.listeners('exit').some(({ name }) => name === LISTENER_OF_NODE_20);
  };

  /** Looks when the program ends, before `isUnsettled` is asked by a listener of `exit`. */
  constructor() {
    process.on('beforeExit', this.#onBeforeExit);
  }

  get isUnsettled(): boolean {
    return this.#isUnsettled;
  }

  /** Looks no more. */
  stop(): void {
    process.off('beforeExit', this.#onBeforeExit);
    process.off('exit', this.#onExit);
  }
}
