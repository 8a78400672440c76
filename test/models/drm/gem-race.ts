import type { DrmFile } from '../../../src/models/drm/drm-file.ts';
import type { DrmGemFixes } from '../../../src/models/drm/gem-fixes.ts';
import { drmRelease } from '../../../src/models/drm/gem-handle.ts';
import type { DrmGemObject } from '../../../src/models/drm/gem-object.ts';
import { flushDelayedFput } from '../../../src/models/fs/file.ts';
import { current } from '../../../src/models/process.ts';
import { KernelCompletion } from '../../../src/sync/kernel-completion.ts';
import type { World } from '../../../src/sync/world.ts';
import type { BuildRun } from '../explore-world.ts';
import { Gpu } from './gem-stage.ts';

/** Something a program does with a file whose handle 1 is an object. @returns what the ioctl answers */
export type Contestant = (file: DrmFile, object: DrmGemObject) => Promise<number>;

export interface RaceOptions {
  readonly fixes?: Partial<DrmGemFixes>;
  /** Looks at the answers, in the order of the contestants. @returns what is wrong with them, null if nothing is */
  readonly judge?: (answers: readonly number[], file: DrmFile) => string | null;
  /** Objects that may be left; none if not given. */
  readonly leaks?: number;
  /** Runs before the contestants. */
  readonly prepare?: Contestant;
}

/**
 * Contestants that share one file. A run is faulty when freed memory is used, when the handles are not those the objects
 * count, when something is left after the file was closed, or where `judge` says so.
 */
export function race(contestants: Readonly<Record<string, Contestant>>, options: RaceOptions = {}): BuildRun {
  const { fixes = {}, judge = () => null, leaks = 0, prepare } = options;
  return (world: World) => {
    let verdict: string | null = 'the run did not get to its end';
    world.task('init', async () => {
      const gpu = new Gpu({ fixes });
      const file = gpu.open();
      const { object } = await gpu.handle(file);
      await prepare?.(file, object);
      const answers: number[] = [];
      const done = new KernelCompletion({ name: 'done' });
      const entries = Object.entries(contestants);
      entries.forEach(([name, contestant], place) => {
        world.task(name, async () => {
          answers[place] = await contestant(file, object);
          done.complete();
        });
      });
      for (const _each of entries) await done.wait();
      verdict = judge(answers, file) ?? miscounted(file);
      await drmRelease(file);
      await current().exit();
      await flushDelayedFput();
      if (gpu.dev.objects > leaks) verdict ??= `${gpu.dev.objects} objects leaked`;
    });
    return () => verdict;
  };
}

/** Handles of a file whose object counts other ones. */
function miscounted(file: DrmFile): string | null {
  const counts = new Map<DrmGemObject, number>();
  for (const [, object] of file.objectIdr.entries()) counts.set(object, (counts.get(object) ?? 0) + 1);
  for (const [object, handles] of counts) {
    if (object.memory.freed) return 'a handle has a freed object';
    if (object.handleCount !== handles) return `${handles} handles, handle_count ${object.handleCount}`;
  }
  return null;
}
