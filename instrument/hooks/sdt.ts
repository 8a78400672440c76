import type { Context } from '../../src/core/context.ts';
import type { EventContext } from '../../src/core/event-context.ts';
import { defineHow, EVENT } from '../../src/core/how.ts';
import { checkOptions, MILLISECONDS, optionKinds } from '../../src/core/options.ts';
import type { TrackedObject } from '../../src/core/tracked-object.ts';
import type { How } from '../../src/core/vocabulary.ts';
import type { Wait } from '../../src/core/wait.ts';
import * as hooks from '../../src/sync/hooks.ts';
import { AnnotationMap, type MapOptions } from './annotation-map.ts';

/** `sdt_wait`: counts when it is announced, because nobody tells whether it sleeps. */
const POINT: How = defineHow({ startLabel: 'start', waitLabel: 'wait', eventLabel: 'event' });

/** The sleep each context has announced; an outer one wins over those inside it. */
const staged = new WeakMap<Context, Wait>();

export interface SleepOptions {
  /** Milliseconds after which the sleep gives up; such a wait makes weaker dependencies. */
  readonly timeoutMs?: number;
}

const OPTIONS = optionKinds({ timeoutMs: MILLISECONDS });

/** An event owed by hand, ended by `using` or by `sdt.exit`. */
export interface OwedEvent {
  [Symbol.dispose](): void;
}

/**
 * Single-event dependencies: annotations for a primitive of your own that waits for an event and triggers it
 * (include/linux/dept_sdt.h). Each call is one null check when nothing is installed.
 */
export interface Sdt {
  /** `sdt_map_init`: the handle of one object. */
  map(name: string, options?: MapOptions): AnnotationMap;
  /** `sdt_request_event`: from here whoever is heading for the event counts. */
  requestEvent(map: AnnotationMap): void;
  /** `sdt_wait`: the caller asks for the event and waits for it here. */
  wait(map: AnnotationMap): void;
  /** `sdt_wait_timeout` */
  waitTimeout(map: AnnotationMap, timeoutMs: number): void;
  /** `sdt_event`: the event happens here. */
  event(map: AnnotationMap): void;
  /** `sdt_ecxt_enter`: the caller owes the event from here. */
  enter(map: AnnotationMap): OwedEvent;
  /** `sdt_ecxt_exit`: the event has happened, or is not owed any more. */
  exit(map: AnnotationMap): void;
  /** `dept_ecxt_holding`: true while the calling context owes the event. */
  holding(map: AnnotationMap): boolean;
  /** `sdt_might_sleep_start`: a sleep for the event begins. One inside another is part of the outer one. */
  mightSleepStart(map: AnnotationMap, options?: SleepOptions): void;
  /** `sdt_might_sleep_end`: the sleep is over. */
  mightSleepEnd(): void;
  /** A sleep around a promise: begins now, ends when the promise settles. Await what it returns. */
  sleep<T>(map: AnnotationMap, promise: PromiseLike<T>, options?: SleepOptions): Promise<T>;
}

export const sdt: Sdt = Object.freeze({
  map: (name: string, options?: MapOptions) => new AnnotationMap('event', name, options),
  requestEvent: (map: AnnotationMap) => hooks.request(AnnotationMap.objectOf(map, 'sdt.requestEvent()')),
  wait: (map: AnnotationMap) => waitHere('sdt.wait()', map, null),
  waitTimeout: (map: AnnotationMap, timeoutMs: number) => waitHere('sdt.waitTimeout()', map, { timeoutMs }),
  event: (map: AnnotationMap) => hooks.event(AnnotationMap.objectOf(map, 'sdt.event()'), EVENT),
  enter,
  exit: (map: AnnotationMap) => hooks.exit(owed('sdt.exit()', map)),
  holding: (map: AnnotationMap) => owed('sdt.holding()', map) !== null,
  mightSleepStart,
  mightSleepEnd,
  sleep,
});

function objectOf(call: string, map: AnnotationMap, options: SleepOptions | null): TrackedObject | null {
  const object = AnnotationMap.objectOf(map, call);
  if (options !== null) checkOptions(`${call} of ${map.name}`, options, OPTIONS);
  return object;
}

function waitHere(call: string, map: AnnotationMap, more: SleepOptions | null): void {
  const object = objectOf(call, map, more);
  hooks.request(object);
  const begun = hooks.wait(object, POINT, more);
  if (begun === null || begun.context.exact) return;
  hooks.waited(begun);
  hooks.adopt(begun);
}

function enter(map: AnnotationMap): OwedEvent {
  const held = hooks.enter(AnnotationMap.objectOf(map, 'sdt.enter()'), EVENT);
  return { [Symbol.dispose]: () => hooks.exit(held) };
}

function owed(call: string, map: AnnotationMap): EventContext | null {
  const object = AnnotationMap.objectOf(map, call);
  return object === null ? null : (hooks.activeSession()?.heldBy(object) ?? null);
}

function mightSleepStart(map: AnnotationMap, options: SleepOptions | null = null): void {
  const object = objectOf('sdt.mightSleepStart()', map, options);
  const context = hooks.activeSession()?.current;
  if (context === undefined || staged.has(context)) return;
  const begun = hooks.wait(object, EVENT, options);
  hooks.blocked(begun);
  if (begun !== null) staged.set(context, begun);
}

function mightSleepEnd(): void {
  const context = hooks.activeSession()?.current;
  const begun = context === undefined ? undefined : staged.get(context);
  if (context === undefined || begun === undefined) return;
  staged.delete(context);
  hooks.waited(begun);
  hooks.adopt(begun);
}

async function settled<T>(promise: PromiseLike<T>, begun: Wait | null): Promise<T> {
  try {
    const value = await promise;
    hooks.waited(begun);
    return value;
  } catch (reason) {
    hooks.waited(begun, 'cancelled');
    throw reason;
  }
}

function sleep<T>(map: AnnotationMap, promise: PromiseLike<T>, options: SleepOptions | null = null): Promise<T> {
  const begun = hooks.wait(objectOf('sdt.sleep()', map, options), EVENT, options);
  hooks.blocked(begun);
  return hooks.bind(settled(promise, begun), begun);
}
