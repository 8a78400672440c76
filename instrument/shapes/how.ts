import { defineHow } from '../../src/core/how.ts';
import type { How } from '../../src/core/vocabulary.ts';

const PLAIN: Partial<How> = Object.freeze({});
/** Descriptions are constants: one for each way of calling. Plain ones are asked for by every call. */
const plain = new Map<string, Map<string, How>>();
const others = new Map<string, How>();

/** The description of a call by its labels: of the wait and the start of the hold, and of its end. */
export function howOf(label: string, eventLabel: string, more: Partial<How> = PLAIN): How {
  if (more !== PLAIN) {
    return madeOnce(others, JSON.stringify([label, eventLabel, more]), () => described(label, eventLabel, more));
  }
  const known = plain.get(label)?.get(eventLabel);
  if (known !== undefined) return known;
  return madeOnce(
    madeOnce(plain, label, () => new Map<string, How>()),
    eventLabel,
    () => described(label, eventLabel, more),
  );
}

function described(label: string, eventLabel: string, more: Partial<How>): How {
  return defineHow({ startLabel: label, waitLabel: label, eventLabel, ...more });
}

function madeOnce<K, V>(cache: Map<K, V>, key: K, make: () => V): V {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const made = make();
  cache.set(key, made);
  return made;
}
