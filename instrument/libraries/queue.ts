import type { TrackedObject } from '../../src/core/tracked-object.ts';
import { applied } from '../patches/applied.ts';
import { patchClass, restoreAll } from '../patches/class-patch.ts';
import { optionOf } from '../patches/passed-options.ts';
import { replaced } from '../patches/replaced.ts';
import { standIn } from '../patches/stand-in.ts';
import { Claim } from '../shapes/claim.ts';
import { howOf } from '../shapes/how.ts';
import { instanceNotes } from '../shapes/instance-notes.ts';
import { UsedInstances } from '../shapes/used-instances.ts';
import type { Callable, LibraryAdapter } from './adapter.ts';
import { QueuedJobs } from './queue-jobs.ts';

const START = howOf('start', 'done');

/** At which of their arguments the methods that add jobs begin to name them. */
const ADDS = { push: 0, unshift: 0, splice: 2 } as const;
const REMOVES = ['pop', 'shift', 'slice', 'splice', 'end'] as const;

interface Queue extends Record<keyof typeof ADDS | (typeof REMOVES)[number] | 'start', Callable> {
  readonly concurrency: number;
  readonly pending: number;
  readonly timeout?: number;
  readonly jobs: Callable[];
}

/** By which methods a version begins a job and tells of it. */
interface Names {
  readonly begin: string;
  readonly tell: string;
}

/** queue 6 and 7. Nobody gets a promise of a job: what its code has behind it is known to whoever it calls. */
export const queue: LibraryAdapter = {
  name: 'queue',
  versions: '>=6.0.0 <8.0.0',
  patch: (exports) =>
    restoreAll([
      patchWith(exports['default'], { begin: '_start', tell: 'dispatchEvent' }),
      patchWith(exports, { begin: 'start', tell: 'emit' }),
    ]),
};

const queues = new UsedInstances<Queue>({
  kindName: 'Queue',
  methods: ['push', 'unshift', 'splice', 'start'],
  capacity: ({ concurrency }) => (typeof concurrency === 'number' ? concurrency : null),
  kind: 'queue',
});

function patchWith(made: unknown, names: Names): (() => void) | null {
  const more = [names.tell, 'start', ...Object.keys(ADDS), ...REMOVES] as never[];
  return patchClass<Queue>(made, names.begin as never, (prototype) => patchQueue(prototype, names), more);
}

function patchQueue(prototype: Queue, { begin, tell }: Names): (() => void) | null {
  const notes = instanceNotes<QueuedJobs>();
  const known = (of: Queue): QueuedJobs | null => {
    const object = queues.of(of);
    if (object === null) return null;
    const jobs = notes.of(of) ?? new QueuedJobs(object);
    notes.set(of, jobs);
    return jobs;
  };
  const methods = prototype as unknown as Record<string, Callable>;
  const adding = (at: number) => (add: Callable) =>
    standIn(add, (self, args) => {
      const of = self as Queue;
      const jobs = known(of);
      const call = (): unknown => applied(add, self, args);
      return jobs === null ? call() : jobs.add(args.slice(at), of.concurrency, call);
    });
  const removing = (remove: Callable): Callable =>
    standIn(remove, (self, args) => {
      const result = applied(remove, self, args);
      notes.of(self as Queue)?.keep((self as Queue).jobs);
      return result;
    });
  const ending = (end: Callable): Callable =>
    standIn(end, (self, args) => {
      notes.of(self as Queue)?.end();
      return applied(end, self, args);
    });
  const beginning = (start: Callable): Callable =>
    standIn(start, (self, args) => {
      const of = self as Queue;
      const { jobs, pending, concurrency } = of;
      const next = pending < concurrency ? jobs[0] : undefined;
      const isTimed = Boolean(optionOf(next, 'timeout')) || Boolean(of.timeout);
      // What is first in the list is taken out of it at once.
      if (next !== undefined) jobs[0] = notes.of(of)?.running(next, () => of.concurrency, isTimed) ?? next;
      return applied(start, self, args);
    });
  const telling = (of: Callable): Callable => standIn(of, (self, args) => applied(of, self, args.map(QueuedJobs.told)));
  return restoreAll([
    ...REMOVES.map((name) => replaced(methods, name, name === 'end' ? ending : removing)),
    ...Object.entries(ADDS).map(([name, at]) => replaced(methods, name, adding(at))),
    replaced(methods, begin, beginning),
    replaced(methods, tell, telling),
    begin === 'start' ? null : replaced(methods, 'start', (start) => waiting(start, (of) => queues.of(of))),
  ]);
}

/** Who gets a promise of the end waits for all jobs. */
function waiting(start: Callable, objectOf: (queue: Queue) => TrackedObject | null): Callable {
  return standIn(start, (self, args) => {
    const result = applied(start, self, args);
    const object = result instanceof Promise ? objectOf(self as Queue) : null;
    if (object === null || (self as Queue).pending === 0) return result;
    return new Claim(object, START, { permits: object.key.capacity }).firedBy(result as Promise<unknown>);
  });
}
