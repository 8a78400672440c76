import type { HoldMode, Waiting } from './machine-state.ts';

/** What a running machine tells: every wait, grant, release and signal at the moment it happens. Numbers are positions in the case. */
export interface MachineEffects {
  begins(context: number): void;
  ends(context: number): void;
  /** `context` owes the object's event from here. */
  asks(context: number, object: number): void;
  /** `context` may block. */
  waits(context: number, waiting: Waiting): void;
  /** It really does. */
  sleeps(context: number): void;
  /** The wait ended; `holds` when the context was given the object. */
  goesOn(context: number, waiting: Waiting, holds: HoldMode | null): void;
  /** The wait timed out or was cancelled. */
  givesUp(context: number, why: 'timed-out' | 'cancelled'): void;
  /** Taken without a wait. */
  takes(context: number, object: number, mode: HoldMode): void;
  /** A hold ends; `isAll` when the owner has nothing of the object any more. */
  releases(by: number, owner: number, object: number, isAll: boolean): void;
  downgrades(context: number, object: number): void;
  /** `by` makes an event of the object happen. */
  signals(by: number, object: number): void;
  unparks(by: number, context: number): void;
  misuses(context: number, object: number, kind: string, message: string): void;
}

/** For explorations, where nobody listens. */
export const SILENT: MachineEffects = Object.freeze({
  begins() {},
  ends() {},
  asks() {},
  waits() {},
  sleeps() {},
  goesOn() {},
  givesUp() {},
  takes() {},
  releases() {},
  downgrades() {},
  signals() {},
  unparks() {},
  misuses() {},
});
