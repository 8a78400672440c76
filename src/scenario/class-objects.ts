import type { ObjectKind } from '../core/classes.ts';
import {
  defineHow,
  LOCK,
  READ_LOCK,
  READ_LOCK_RECURSIVE,
  READ_TRYLOCK,
  TRYLOCK,
  WRITE_LOCK,
  WRITE_TRYLOCK,
} from '../core/how.ts';
import type { Session } from '../core/session.ts';
import type { TrackedObject } from '../core/tracked-object.ts';
import type { How } from '../core/vocabulary.ts';
import type { ScenarioCase, ScenarioObject } from './case.ts';
import { kindOf } from './object-types.ts';

/** A wait for a signal that the replay answers at once: it asks for nothing itself, the case says who asks. */
export const REPLAYED_WAIT: How = defineHow({ startLabel: 'start', waitLabel: 'wait', eventLabel: 'event' });
/** An upgradable read waits for the writer and for other upgradable readers, never for plain readers. */
export const UPGRADABLE_WAIT: How = defineHow({
  ...READ_LOCK_RECURSIVE,
  startLabel: 'upgradable_lock',
  waitLabel: 'upgradable_lock',
});
/** Once held it keeps out writers and other upgradable readers. */
export const UPGRADABLE_HOLD: How = defineHow({
  startLabel: 'upgradable_lock',
  waitLabel: 'upgradable_lock',
  eventLabel: 'upgradable_unlock',
});

/** The class all ww_mutexes without a class of their own share: that of their ww_class. */
const WW_CLASS = 'ww_mutex';

/** How a lock operation is announced. */
export function howOf(
  mode: 'write' | 'read',
  parts: { readonly tries?: boolean; readonly passes?: boolean; readonly plain?: boolean },
): How {
  if (mode === 'read')
    return parts.tries === true ? READ_TRYLOCK : parts.passes === true ? READ_LOCK_RECURSIVE : READ_LOCK;
  if (parts.plain === true) return parts.tries === true ? TRYLOCK : LOCK;
  return parts.tries === true ? WRITE_TRYLOCK : WRITE_LOCK;
}

/**
 * The tracked objects of a case by name. `forget` and a destroyed object's next `init` give the name a new class, so
 * nothing known of the old one is inherited.
 */
export class CaseObjects {
  readonly #session: Session;
  readonly #scenario: ScenarioCase;
  readonly #known = new Map<string, TrackedObject>();
  readonly #generations = new Map<string, number>();

  constructor(session: Session, scenario: ScenarioCase) {
    this.#session = session;
    this.#scenario = scenario;
  }

  /** The declared object, or one that only this replay knows. */
  declared(name: string): ScenarioObject | null {
    return this.#scenario.objects.get(name) ?? null;
  }

  object(name: string): TrackedObject {
    const declared = this.declared(name);
    if (declared === null) return this.other(name, 'event');
    const isBareWw = declared.type === 'ww_mutex' && !declared.hasClass;
    const className = isBareWw ? WW_CLASS : declared.className;
    return this.#make(name, className, kindOf(declared.type), declared.permits ?? 1);
  }

  /** An object the file does not declare: a task, a parked context, an RCU section. */
  other(name: string, kind: ObjectKind): TrackedObject {
    return this.#make(name, name, kind, 1);
  }

  /** From here on the name stands for a new object of a class of its own. */
  renew(name: string): void {
    this.#generations.set(name, (this.#generations.get(name) ?? 0) + 1);
  }

  #make(label: string, className: string, kind: ObjectKind, capacity: number): TrackedObject {
    const generation = this.#generations.get(label) ?? 0;
    const key = `${kind}/${label}/${generation}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const name = generation === 0 ? className : `${className}~${label}.${generation}`;
    const made = this.#session.object({ kind, name, label, capacity });
    this.#known.set(key, made);
    return made;
  }
}
