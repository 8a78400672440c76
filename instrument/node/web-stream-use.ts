import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createRequire } from 'node:module';
import { canHookLoads, hookLoads, isLoaded } from './builtins.ts';

/** Classes whose two sides are one stream. */
export const TRANSFORMS = [
  'TransformStream',
  'TextEncoderStream',
  'TextDecoderStream',
  'CompressionStream',
  'DecompressionStream',
] as const;

/** What makes web streams when a program touches it for the first time. */
const GLOBALS = [...TRANSFORMS, 'ReadableStream', 'WritableStream'] as const;

/** What a program that has such streams must have in its text: the names of the classes, and of what makes branches. */
const NAMES = /TransformStream|(?:Dec|C)ompressionStream|Text(?:En|De)coderStream|\.tee\(/;

const require = createRequire(import.meta.url);

/**
 * Runs once: now if web streams are loaded, else just before the program gets the first of them. Where that cannot be told,
 * because the text of modules was read before, now.
 */
export function whenUsed(precedesProgram: boolean, run: () => void): () => void {
  if (isLoaded('internal/webstreams/readablestream') || (canHookLoads() && !precedesProgram)) {
    run();
    return () => undefined;
  }
  const undo: (() => void)[] = [];
  const stop = (): void => {
    for (const each of undo.splice(0)) each();
  };
  const used = (): void => {
    stop();
    run();
  };
  if (canHookLoads()) undo.push(whenNamed(used));
  else for (const name of GLOBALS) undo.push(lazily(name, used));
  // `fetch` makes them without a global.
  subscribe('undici:request:create', used);
  undo.push(() => void unsubscribe('undici:request:create', used));
  return stop;
}

/** Node 22 and later make all web streams as soon as one of their globals is looked at: the text of modules tells who will. */
function whenNamed(used: () => void): () => void {
  const unhook = hookLoads((url, { source }) => {
    if (url === 'node:stream/web') used();
    if (source === undefined || source === null) return;
    const text = typeof source === 'string' ? source : bytesOf(source);
    // One word first: most modules end here, at a tenth of the time.
    if (text.includes('Stream') && NAMES.test(text.toString('latin1'))) used();
  });
  if (unhook === null) used();
  return unhook ?? ((): void => undefined);
}

function bytesOf(source: ArrayBuffer | Uint8Array): Buffer {
  return source instanceof ArrayBuffer
    ? Buffer.from(source)
    : Buffer.from(source.buffer, source.byteOffset, source.byteLength);
}

/** Node 20 makes each global when it is looked at. @returns what leaves it as Node does then */
function lazily(name: (typeof GLOBALS)[number], used: () => void): () => void {
  const define = (value: unknown): void => {
    Object.defineProperty(globalThis, name, { value, writable: true, enumerable: false, configurable: true });
  };
  let isLazy = true;
  const load = (): void => {
    if (isLazy) define((require('node:stream/web') as typeof import('node:stream/web'))[name]);
    isLazy = false;
  };
  const descriptor: PropertyDescriptor = {
    get: () => {
      used();
      return Reflect.get(globalThis, name) as unknown;
    },
    set: (value: unknown) => {
      isLazy = false;
      define(value);
    },
    enumerable: false,
    configurable: true,
  };
  Object.defineProperty(globalThis, name, descriptor);
  return load;
}
