import { Stamp } from '../patches/stamp.ts';

/** What one patch knows of each instance it has met. */
export interface InstanceNotes<T extends object> {
  of(instance: object): T | null;
  set(instance: object, note: T): void;
}

/** Notes of their own for a patch, on the instances themselves: a `WeakMap` would cost a third of a cheap lock. */
export function instanceNotes<T extends object>(): InstanceNotes<T> {
  class Note extends Stamp {
    #note: T;

    constructor(instance: object, note: T) {
      super(instance);
      this.#note = note;
    }

    static of(instance: object): T | null {
      return #note in instance ? instance.#note : null;
    }

    static set(instance: object, note: T): void {
      if (#note in instance) instance.#note = note;
      else new Note(instance, note);
    }
  }
  return Note;
}
