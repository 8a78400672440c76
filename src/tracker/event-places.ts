import type { EventClass } from '../core/classes.ts';
import type { Place } from '../core/dependency.ts';
import type { Stack } from '../core/stack.ts';

/**
 * The places of events. Most have no stack, and then all dependencies of a class share one. An array, because class numbers are
 * dense: a weak map takes 50 bytes for each class.
 */
export class EventPlaces {
  /** By class number, the last one without a stack. */
  readonly #stackless: (Place | undefined)[] = [];

  of(label: string | null, eventClass: EventClass, stack: Stack | null): Place {
    const known = this.#stackless[eventClass.id];
    if (stack === null && known?.label === label) return known;
    const place = { label, class: eventClass, stack };
    if (stack === null) this.#stackless[eventClass.id] = place;
    return place;
  }
}
