import { dressed } from '../patches/stand-in.ts';
import { Claim } from '../shapes/claim.ts';
import { hasMethods } from '../shapes/has-methods.ts';
import { howOf } from '../shapes/how.ts';
import { MadeObject } from '../shapes/made-object.ts';
import { Slots } from '../shapes/slots.ts';
import type { Callable, LibraryAdapter } from './adapter.ts';

const LIMIT = howOf('limit', 'end', { structured: true });

type Task = (...args: unknown[]) => unknown;

/** What `pLimit(concurrency)` makes; `map` came with 6.2. */
interface Limit {
  (task: Task, ...args: unknown[]): Promise<unknown>;
  clearQueue(): void;
  /** Since 6: may be set. */
  readonly concurrency?: number;
  map?(items: Iterable<unknown>, task: Task): Promise<unknown>;
}

export type Maker = (options: number | { readonly concurrency: number }) => Limit;

/** p-limit 2.3 to 7: all closures, so the function that makes them is replaced. */
export const pLimit: LibraryAdapter = {
  name: 'p-limit',
  versions: '>=2.3.0 <8.0.0',
  rebinds: ['default'],
  patch: (_exports, rebind) => (rebind('default', watchedMaker('p-limit')) ? () => undefined : null),
};

/** @param name of the package */
export function watchedMaker(name: string): (make: Maker) => Maker {
  return (make) => (options) => {
    return watched(make(options), typeof options === 'number' ? options : options?.concurrency, name);
  };
}

function watched(limit: Limit, concurrency: number, name: string): Limit {
  if (!hasMethods(limit, ['clearQueue'])) return limit;
  const made = new MadeObject(name, concurrency, 'queue');
  const waiting = new Set<Claim>();
  const slots = new Slots();
  const limitNow = (): number => limit.concurrency ?? concurrency;
  const claimed = (): Claim => {
    const { object } = made;
    slots.noteLimit(object, limitNow());
    const claim = new Claim(object, LIMIT);
    if (claim.pending) waiting.add(claim);
    return claim;
  };
  const running = (claim: Claim, task: Callable): Task => {
    const slot = slots.task(made.object, limitNow);
    const begin = (): void => {
      waiting.delete(claim);
      slot.begin();
    };
    return claim.whileRunning(task, begin, slot.end) as Task;
  };
  const generator = (task: Task, ...args: unknown[]): Promise<unknown> => {
    if (typeof task !== 'function') return limit(task, ...args);
    const claim = claimed();
    return claim.follow(limit(running(claim, task), ...args));
  };
  const clearQueue = (): void => {
    for (const claim of waiting) claim.refuse();
    waiting.clear();
    limit.clearQueue();
  };
  Object.defineProperty(generator, 'clearQueue', { value: dressed(clearQueue, limit.clearQueue) });
  const { map } = limit;
  if (map !== undefined) {
    const watchedMap = (items: Iterable<unknown>, task: Task): Promise<unknown> => {
      if (typeof task !== 'function') return map.call(limit, items, task);
      const tasks: Task[] = [];
      const claims: Claim[] = [];
      // Each item is added to the queue when it is taken from the list.
      const added = function* added(): Iterable<unknown> {
        for (const item of items) {
          const claim = claimed();
          claims.push(claim);
          tasks.push(running(claim, task));
          yield item;
        }
      };
      const promise = map.call(limit, added(), (item, index) => tasks[index as number]?.(item, index));
      return Claim.followAll(promise, claims);
    };
    Object.defineProperty(generator, 'map', { value: dressed(watchedMap, map) });
  }
  return dressed(generator, limit) as Limit;
}
