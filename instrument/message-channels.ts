import { createRequire, syncBuiltinESMExports } from 'node:module';
import type { MessagePort } from 'node:worker_threads';
import type { Claim } from './shapes/claim.ts';

type Listener = (this: unknown, ...args: unknown[]) => unknown;
type Channel = new () => { readonly port1: MessagePort; readonly port2: MessagePort };

const require = createRequire(import.meta.url);

/** The other end of each port that was made under watch. */
const peers = new WeakMap<object, MessagePort>();
/** The task whose thread has the other end of a port. */
const tasks = new WeakMap<object, Claim>();
let watches = 0;
let restore: () => void = () => undefined;

/**
 * Pairs the ports of each `MessageChannel` that the program makes. So what a port brings from the thread of a task is a part
 * of that task, and the task goes on after what is sent to it. @returns what ends it
 */
export function watchChannels(): () => void {
  if (watches++ === 0) restore = replaceConstructor();
  let isOver = false;
  return () => {
    if (isOver) return;
    isOver = true;
    if (--watches === 0) restore();
  };
}

/** The thread of a task has these ports from now on. @returns what ends it */
export function handPorts(claim: Claim, transferred: unknown): () => void {
  const ends = (Array.isArray(transferred) ? transferred : [])
    .map((port) => peers.get(port))
    .filter((port) => port !== undefined);
  for (const end of ends) tasks.set(end, claim);
  return () => {
    for (const end of ends) if (tasks.get(end) === claim) tasks.delete(end);
  };
}

function replaceConstructor(): () => void {
  const threads = require('node:worker_threads') as { MessageChannel: Channel };
  const { MessageChannel: original } = threads;
  const isGlobal = (globalThis as { MessageChannel?: unknown }).MessageChannel === original;
  const paired: Channel = new Proxy(original, {
    construct(target, args: [], newTarget) {
      const made = Reflect.construct(target, args, newTarget === paired ? target : newTarget);
      pair(made.port1, made.port2);
      pair(made.port2, made.port1);
      return made;
    },
  });
  const put = (from: unknown, to: Channel): void => {
    if (threads.MessageChannel === from) threads.MessageChannel = to;
    syncBuiltinESMExports();
    if (!isGlobal || globalThis.MessageChannel !== from) return;
    Object.defineProperty(globalThis, 'MessageChannel', { value: to, writable: true, configurable: true });
  };
  put(original, paired);
  return () => put(paired, original);
}

function pair(port: MessagePort, peer: MessagePort): void {
  peers.set(port, peer);
  const wrappers = new WeakMap<Listener, Listener>();
  const target = port as unknown as Record<string, Listener> & object;
  const wrapped = (listener: unknown): unknown => {
    if (typeof listener !== 'function') return listener;
    const known = wrappers.get(listener as Listener);
    if (known !== undefined) return known;
    const wrapper: Listener = function wrapper(this: unknown, ...args) {
      const run = (): unknown => Reflect.apply(listener, this, args);
      const task = tasks.get(port);
      return task === undefined ? run() : task.resume(run);
    };
    wrappers.set(listener as Listener, wrapper);
    return wrapper;
  };
  for (const name of ['addEventListener', 'removeEventListener']) {
    const method = target[name] as Listener;
    define(
      port,
      name,
      {
        [name](this: unknown, type: unknown, listener: unknown, ...rest: unknown[]) {
          return Reflect.apply(method, this, [type, wrapped(listener), ...rest]);
        },
      }[name],
    );
  }
  const postMessage = target['postMessage'] as Listener;
  define(
    port,
    'postMessage',
    {
      postMessage(this: unknown, ...args: unknown[]) {
        tasks.get(port)?.extend();
        return Reflect.apply(postMessage, this, args);
      },
    }.postMessage,
  );
  const handler = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(port), 'onmessage');
  if (handler?.set === undefined) return;
  let given: unknown = null;
  Object.defineProperty(port, 'onmessage', {
    get: () => given,
    set: (listener: unknown) => {
      given = typeof listener === 'function' ? listener : null;
      handler.set?.call(port, wrapped(listener));
    },
    configurable: true,
    enumerable: false,
  });
}

function define(port: MessagePort, name: string, value: unknown): void {
  Object.defineProperty(port, name, { value, writable: true, configurable: true, enumerable: false });
}
