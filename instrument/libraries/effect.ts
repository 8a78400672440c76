import { placeOfCreation } from '../first-use.ts';
import type { LibraryAdapter } from './adapter.ts';
import { type FiberRuntime, isKnownFiber, patchFibers } from './effect-fibers.ts';
import { type EffectSemaphore, isKnownSemaphore, watchSemaphore } from './effect-semaphores.ts';
import { patchInner4, patchSemaphores4, REBINDS } from './effect4.ts';

type Make = (permits: number) => EffectSemaphore;
/** Gives an effect whose one operand makes the semaphore. */
type MakeLater = (permits: number) => { effect_instruction_i0: () => EffectSemaphore };

/** The class of fibers of each build of the package, by the build's folder. */
const fibersOf = new Map<string, FiberRuntime>();

/**
 * effect 3.10 to 4.x: the semaphores that `Effect` makes (since 4.0 `Semaphore`), and the fibers that hold them. Without
 * its fibers a semaphore would name wrong holders, so it is all or nothing. What effect makes for itself is not watched.
 */
export const effect: LibraryAdapter = {
  name: 'effect',
  versions: '>=3.10.0 <5.0.0',
  rebinds: ['unsafeMakeSemaphore', 'makeSemaphore', ...REBINDS],
  modules: /dist\/(?:(?:esm|cjs)\/(?:Effect|internal\/fiberRuntime)|Semaphore|internal\/effect)\.js/,
  patch(exports, rebind, file) {
    // Whoever hands over the package as a whole (Jest) has no inner modules to give.
    if (file === '') return () => undefined;
    if (file === 'dist/internal/effect.js') return patchInner4(exports, rebind);
    if (file === 'dist/Semaphore.js') return patchSemaphores4(exports, rebind);
    const [, build = '', module = ''] = /^(dist\/\w+)\/(.*)$/.exec(file) ?? [];
    if (module !== 'Effect.js') {
      const { prototype } = (exports['FiberRuntime'] ?? {}) as { prototype?: FiberRuntime };
      if (prototype !== undefined) fibersOf.set(build, prototype);
      return null;
    }
    const fibers = fibersOf.get(build);
    if (!isKnownFiber(fibers)) return null;
    const make = exports['unsafeMakeSemaphore'] as Make | undefined;
    if (typeof make !== 'function' || !isKnownSemaphore(make(1))) return null;
    rebind<Make>('unsafeMakeSemaphore', watchedMaker);
    rebind<MakeLater>('makeSemaphore', watchedMakerOfEffects);
    return patchFibers(fibers);
  },
};

function watchedMaker(make: Make): Make {
  return (permits) => {
    const made = make(permits);
    const place = placeOfCreation('Semaphore');
    if (place !== null) watchSemaphore(made, permits, place);
    return made;
  };
}

function watchedMakerOfEffects(make: MakeLater): MakeLater {
  return (permits) => {
    const making = make(permits);
    const place = placeOfCreation('Semaphore');
    const made = making.effect_instruction_i0;
    if (place === null || typeof made !== 'function') return making;
    making.effect_instruction_i0 = () => {
      const semaphore = made();
      watchSemaphore(semaphore, permits, place);
      return semaphore;
    };
    return making;
  };
}
