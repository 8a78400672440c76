import type { ObjectKind } from '../../src/core/classes.ts';
import { USER_SUBCLASSES } from '../../src/core/classes.ts';
import { DeptError } from '../../src/core/dept-error.ts';
import { AMOUNT, checkOptions, optionKinds, shown, TEXT } from '../../src/core/options.ts';
import type { Session } from '../../src/core/session.ts';
import type { TrackedObject } from '../../src/core/tracked-object.ts';
import * as hooks from '../../src/sync/hooks.ts';

export interface MapOptions {
  /** Name of this instance where it differs from the class. */
  readonly label?: string;
  /** User sub-class, 0..7: another class of the same name (`sub_u`). */
  readonly subclass?: number;
}

const MAP_OPTIONS = optionKinds({ label: TEXT, subclass: AMOUNT });

/**
 * The handle by which a primitive of the user's own is tracked (`struct dept_map`). Made once for each object; maps of
 * one name are one class. It may be made before the tracker is installed.
 */
export class AnnotationMap {
  readonly name: string;
  readonly kind: ObjectKind;
  readonly #options: MapOptions;
  #session: Session | null = null;
  #object: TrackedObject | null = null;
  /** What every session so far knows it as: one that was set aside comes back. */
  readonly #objects = new WeakMap<Session, TrackedObject>();

  /** @throws DeptError ERR_DEPT_BAD_MAP for an empty name or a sub-class that is not 0..7 */
  constructor(kind: ObjectKind, name: string, options: MapOptions = {}) {
    if (typeof name !== 'string' || name === '') {
      throw new DeptError('ERR_DEPT_BAD_MAP', 'A map needs a name: reports call the class by it.');
    }
    checkOptions(`Map ${name}`, options, MAP_OPTIONS, 'ERR_DEPT_BAD_MAP');
    const subclass = options.subclass ?? 0;
    if (!Number.isInteger(subclass) || subclass < 0 || subclass >= USER_SUBCLASSES) {
      throw new DeptError(
        'ERR_DEPT_BAD_MAP',
        `Map ${name}: subclass is ${subclass}; it must be 0 to ${USER_SUBCLASSES - 1}.`,
      );
    }
    this.name = name;
    this.kind = kind;
    this.#options = options;
  }

  /** What the map that a call was given is known as. @throws DeptError ERR_DEPT_BAD_MAP when it was given something else */
  static objectOf(map: AnnotationMap, call: string): TrackedObject | null {
    if (map instanceof AnnotationMap) return map.object;
    const maker = call.startsWith('ldt') ? 'ldt.map(name)' : 'sdt.map(name)';
    throw new DeptError('ERR_DEPT_BAD_MAP', `${call}: the map is ${shown(map)}; it must be what ${maker} gives.`);
  }

  /** What the attached session knows this map as; null when none is attached. */
  get object(): TrackedObject | null {
    const session = hooks.activeSession();
    if (session !== this.#session) {
      this.#session = session;
      this.#object = session === null ? null : (this.#objects.get(session) ?? this.#track(session));
    }
    return this.#object;
  }

  #track(session: Session): TrackedObject | null {
    const { label, subclass } = this.#options;
    const object = hooks.track({
      kind: this.kind,
      name: this.name,
      ...(label === undefined ? {} : { label }),
      ...(subclass === undefined ? {} : { subclass }),
    });
    if (object !== null) this.#objects.set(session, object);
    return object;
  }
}
