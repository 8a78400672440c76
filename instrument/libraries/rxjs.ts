import type { TrackedObject } from '../../src/core/tracked-object.ts';
import * as hooks from '../../src/sync/hooks.ts';
import type { Emission } from '../node/emitted-events.ts';
import { waitAfterEvent } from '../node/late-waits.ts';
import { patchClass, restoreAll } from '../patches/class-patch.ts';
import { legible } from '../patches/passed-options.ts';
import { standIn } from '../patches/stand-in.ts';
import { Claim } from '../shapes/claim.ts';
import { howOf } from '../shapes/how.ts';
import type { LibraryAdapter } from './adapter.ts';

/** The parts of an observable and of a subject that are not in their public types. */
interface Source {
  readonly source?: Source;
  readonly operator?: unknown;
  toPromise(...args: unknown[]): unknown;
}

interface Subject extends Source {
  readonly observers: readonly unknown[] | null;
  readonly closed: boolean;
  readonly isStopped: boolean;
  next(...args: unknown[]): unknown;
}

type ValueFrom = (source: Source, ...rest: unknown[]) => unknown;

/** Values that a subject had for nobody: it does not keep them. */
const unheard = new WeakMap<object, Emission>();
/** Prototypes of subjects that keep no value for those who come later: one of each copy of the package. */
const plainSubjects = new WeakSet<object>();
let observable: TrackedObject | null = null;

/**
 * rxjs 6 and 7: who awaits the value of an observable waits, and is named when the program stands. Who would bring the value
 * nobody knows: operators are functions, and any code may feed a subject.
 */
export const rxjs: LibraryAdapter = {
  name: 'rxjs',
  versions: '>=6.0.0 <8.0.0',
  patch(exports, rebind) {
    const found = ['firstValueFrom', 'lastValueFrom'].map((name) => {
      return rebind<ValueFrom>(name, (valueFrom) => watchedValueFrom(name, valueFrom));
    });
    return restoreAll([
      found.includes(true) ? () => undefined : null,
      patchClass(exports['Observable'], 'toPromise', patchObservable),
      patchClass(exports['Subject'], 'next', patchSubject),
    ]);
  },
};

function watchedValueFrom(label: string, valueFrom: ValueFrom): ValueFrom {
  return standIn(valueFrom, (self, args) => {
    const subject = label === 'firstValueFrom' ? (legible(() => subjectOf(args[0] as Source)) ?? null) : null;
    const emission = subject === null ? undefined : unheard.get(subject);
    const promise = Reflect.apply(valueFrom, self, args as never);
    if (!(promise instanceof Promise)) return promise;
    if (emission?.count !== 1) return awaited(label, promise);
    // That one is told by itself, and once.
    waitAfterEvent({ of: 'Subject', event: 'next', waitLabel: label, promise, emission });
    return promise;
  });
}

/** The subject that an observable passes on as it is, if it is one that does not remember. */
function subjectOf(source: Source | undefined): object | null {
  let inner = source;
  while (inner?.operator === undefined && inner?.source !== undefined) inner = inner.source;
  return typeof inner === 'object' && inner !== null && isPlain(inner) ? inner : null;
}

function isPlain(subject: object): boolean {
  const prototype = Object.getPrototypeOf(subject) as object | null;
  return prototype !== null && plainSubjects.has(prototype);
}

function awaited(label: string, promise: Promise<unknown>): Promise<unknown> {
  observable ??= hooks.track({ kind: 'event', name: 'Observable' });
  return new Claim(observable, howOf(label, 'next')).settledBy(promise);
}

function patchObservable(prototype: Source): () => void {
  const { toPromise } = prototype;
  prototype.toPromise = standIn(toPromise, (self, args) => {
    const promise = Reflect.apply(toPromise, self, args);
    return promise instanceof Promise ? awaited('toPromise', promise) : promise;
  });
  return () => Object.assign(prototype, { toPromise });
}

function patchSubject(prototype: Subject): () => void {
  const { next } = prototype;
  const watched = {
    next(this: Subject, ...args: unknown[]): unknown {
      if (this.observers?.length === 0 && !this.isStopped && !this.closed) remember(this);
      return next.apply(this, args);
    },
  }.next;
  Object.defineProperty(watched, 'length', { value: next.length, configurable: true });
  prototype.next = watched;
  plainSubjects.add(prototype);
  return () => {
    Object.assign(prototype, { next });
    plainSubjects.delete(prototype);
  };
}

function remember(subject: Subject): void {
  const session = hooks.activeSession();
  if (session === null || !isPlain(subject)) return;
  const known = unheard.get(subject);
  if (known === undefined) unheard.set(subject, { count: 1, isHeard: false, stack: session.capture() });
  else known.count++;
}
