import type { AsyncQueue } from '@sapphire/async-queue';
import { patchClass } from '../patches/class-patch.ts';
import type { Shape } from '../shapes/shape.ts';
import { patchShape } from '../shapes/shape-patch.ts';
import type { LibraryAdapter } from './adapter.ts';

const QUEUE: Shape = {
  acquire: 'wait',
  isFree: (queue) => (queue as AsyncQueue).remaining === 0,
  release: 'shift',
};

/** @sapphire/async-queue 1.5: a lock by what it does. Whoever is at its head has it until the next `shift`. */
export const sapphireAsyncQueue: LibraryAdapter = {
  name: '@sapphire/async-queue',
  versions: '>=1.5.0 <2.0.0',
  patch: (exports) =>
    patchClass<AsyncQueue>(exports['AsyncQueue'], 'wait', (prototype) => patchShape(prototype, QUEUE), ['shift']),
};
