// Stacks of what is disposed of at the end, where the runtime has them.
import { program, sleep, touch } from './program.mjs';

const hasStacks = 'AsyncDisposableStack' in globalThis;

/** A resource that gives its lock back when it is disposed of. */
async function held(mutex, before = () => undefined) {
  const release = await mutex.acquire();
  return {
    async [Symbol.asyncDispose]() {
      await before();
      release();
    },
  };
}

if (hasStacks) {
  program('resources of one stack', ['A->B', 'A->C', 'B->C'], async ({ A, B, C, D }) => {
    const stack = new AsyncDisposableStack();
    const beside = sleep(1).then(() => touch(D));
    for (const mutex of [A, B, C]) {
      const release = await mutex.acquire();
      stack.use({ [Symbol.dispose]: () => release() });
    }
    await stack.disposeAsync();
    await beside;
  });
  program('disposers of one stack wait for others', ['A->B', 'A->C', 'D->A', 'D->B', 'D->C'], async (env) => {
    const { A, B, C, D } = env;
    const release = await D.acquire();
    const stack = new AsyncDisposableStack();
    stack.use(await held(A));
    stack.defer(() => touch(B));
    stack.adopt(C, async (mutex) => {
      await sleep(1);
      await touch(mutex);
    });
    await stack.disposeAsync();
    release();
  });
  program('a stack that is moved, and one beside it', ['A->B', 'C->D'], async ({ A, B, C, D }) => {
    const close = async (outer, inner) => {
      const stack = new AsyncDisposableStack();
      stack.use(await held(outer, () => sleep(1)));
      stack.defer(() => touch(inner));
      const moved = stack.move();
      await stack.disposeAsync();
      await moved[Symbol.asyncDispose]();
    };
    await Promise.all([close(A, B), close(C, D)]);
  });
  program('a disposer fails', ['A->B'], async ({ A, B, C }) => {
    const stack = new AsyncDisposableStack();
    stack.use(await held(A));
    stack.defer(async () => {
      await touch(B);
      throw new Error('on purpose');
    });
    const disposed = stack.disposeAsync();
    await touch(C);
    await disposed.catch(() => undefined);
  });
}
