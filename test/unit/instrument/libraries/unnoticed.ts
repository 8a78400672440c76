import { expect } from 'vitest';
import { LibraryStage } from './library-stage.ts';

/** How each ends, in words. */
export async function ends(promises: readonly unknown[]): Promise<readonly unknown[]> {
  const all = await Promise.allSettled(promises);
  return all.map((each) => (each.status === 'fulfilled' ? each.value : String(each.reason)));
}

/** The same program without dept and with it, which finds nothing, leaves nothing open and remembers nothing as held. */
export async function unnoticed(run: () => Promise<unknown>): Promise<void> {
  const bare = await run();
  using stage = new LibraryStage();
  expect(await run()).toEqual(bare);
  expect(await stage.found()).toEqual([]);
  expect(stage.open).toEqual([]);
  expect(stage.installation.session.histories.active).toBe(false);
}
