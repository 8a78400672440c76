import { admit, isFreeFor, mustQueue } from './machine-queues.ts';
import { type MachineRun, NO_WAIT } from './machine-run.ts';
import type { HoldMode, Waiting } from './machine-state.ts';
import type { Op } from './op.ts';
import { countsEntries, isInside, reentryFault } from './reentry.ts';

/** `lock`, `rlock`, `wlock`, `ulock` and their kin. */
export function lock(run: MachineRun, context: number, op: Op, mode: HoldMode, recursive = false): void {
  const object = run.plan.object(op.target);
  if (run.declared(object).permits !== null) {
    acquirePermits(run, context, op);
    return;
  }
  if (!mayAsk(run, context, object, op) || entersAgain(run, context, object, mode)) return;
  const mine = run.holdOf(context, object);
  if (mine !== null && run.declared(object).recursive && (mine.mode === mode || mine.mode === 'write')) {
    run.addHold(context, object, mode, 1, null);
    if (mine.mode !== mode) run.effects.takes(context, object, mode);
    return;
  }
  const waiting: Waiting = { ...NO_WAIT, kind: 'lock', object, mode, recursive, timeoutMs: op.timeoutMs };
  run.ask(context, waiting, !mustQueue(run, context, waiting) && isFreeFor(run, context, waiting));
}

/** A try never waits; one whose stated result does not come true belongs to another run. */
export function tryLock(run: MachineRun, context: number, op: Op, mode: HoldMode): void {
  const object = run.plan.object(op.target);
  const waiting: Waiting = { ...NO_WAIT, kind: 'lock', object, mode };
  const isTaken = isFreeFor(run, context, waiting) && run.object(object).queue.length === 0;
  if (isTaken) {
    run.addHold(context, object, mode, 1, null);
    run.effects.takes(context, object, mode);
  }
  if (op.result !== null && (op.result === 'ok') !== isTaken) run.state.isOtherRun = true;
}

/** Gives back one hold; `modes` are those this operation may release. */
export function unlock(run: MachineRun, context: number, op: Op, modes: readonly HoldMode[]): void {
  const object = run.plan.object(op.target);
  const declared = run.declared(object);
  if (declared.permits !== null) {
    releasePermits(run, context, op);
    return;
  }
  const owner = ownerOf(run, context, object, modes);
  if (owner === null) {
    run.misuse(context, object, 'bad-unlock', `${op.text}: ${op.target} is not held`);
    return;
  }
  const hold = run.context(owner).holds.findLast((held) => held.object === object && modes.includes(held.mode));
  if (hold === undefined) return;
  leaveEntry(run, context, object, op);
  hold.count--;
  if (hold.count > 0) return;
  run.dropHold(owner, hold);
  run.effects.releases(context, owner, object, true);
  admit(run, object);
}

function ownerOf(run: MachineRun, context: number, object: number, modes: readonly HoldMode[]): number | null {
  const has = (owner: number): boolean =>
    run.context(owner).holds.some((hold) => hold.object === object && modes.includes(hold.mode));
  if (has(context)) return context;
  if (!run.declared(object).crossRelease) return null;
  const owner = run.state.contexts.findIndex((_, other) => has(other));
  return owner < 0 ? null : owner;
}

/** A reader becomes the writer once the other holders are gone, before those who queue unless the object says otherwise. */
export function upgrade(run: MachineRun, context: number, op: Op): void {
  const object = run.plan.object(op.target);
  const hold = run.holdOf(context, object);
  if (hold === null) {
    run.misuse(context, object, 'not-held', `${op.text}: ${op.target} is not held`);
    return;
  }
  const waiting: Waiting = { ...NO_WAIT, kind: 'upgrade', object, timeoutMs: op.timeoutMs };
  const isFree = !mustQueue(run, context, waiting) && isFreeFor(run, context, waiting);
  run.ask(context, waiting, isFree, !run.declared(object).upgradeWaitsForQueue);
}

export function downgrade(run: MachineRun, context: number, op: Op): void {
  const object = run.plan.object(op.target);
  const hold = run.holdOf(context, object);
  if (hold === null) {
    run.misuse(context, object, 'not-held', `${op.text}: ${op.target} is not held`);
    return;
  }
  hold.mode = 'read';
  run.effects.downgrades(context, object);
  admit(run, object);
}

export function acquirePermits(run: MachineRun, context: number, op: Op): void {
  const object = run.plan.object(op.target);
  if (!mayAsk(run, context, object, op) || entersAgain(run, context, object, 'permits')) return;
  const waiting: Waiting = {
    ...NO_WAIT,
    kind: 'permits',
    object,
    mode: 'permits',
    amount: op.amount,
    timeoutMs: op.timeoutMs,
  };
  run.ask(context, waiting, !mustQueue(run, context, waiting) && isFreeFor(run, context, waiting));
}

/** Permits given back, or a signal from somebody who never took one. */
export function releasePermits(run: MachineRun, context: number, op: Op): void {
  const object = run.plan.object(op.target);
  const isNested = run.object(object).entries.length > 1;
  leaveEntry(run, context, object, op);
  if (isNested) return;
  const hold = run.holdOf(context, object);
  if (hold === null) {
    run.effects.signals(context, object);
  } else {
    hold.count -= op.amount;
    if (hold.count <= 0) run.dropHold(context, hold);
    run.effects.releases(context, context, object, hold.count <= 0);
  }
  run.object(object).permits += op.amount;
  admit(run, object);
}

/** Whoever is inside an object that counts entries gets in again at once. */
function entersAgain(run: MachineRun, context: number, object: number, mode: HoldMode): boolean {
  if (!countsEntries(run.declared(object))) return false;
  if (!isInside(run.plan, object, context, (other) => heldBy(run, other))) return false;
  run.addHold(context, object, mode, mode === 'permits' ? 0 : 1, null);
  return true;
}

function heldBy(run: MachineRun, context: number): readonly number[] {
  return run.context(context).holds.map((hold) => hold.object);
}

/** Checks what must be right before a context asks for a lock; a refused operation is skipped. */
function mayAsk(run: MachineRun, context: number, object: number, op: Op): boolean {
  if (run.object(object).isDestroyed) {
    run.misuse(context, object, 'use-after-destroy', `${op.text} after ${op.target} was destroyed`);
    return false;
  }
  if (op.under !== null && !isProtected(run, context, op.under)) {
    run.misuse(context, object, 'nest-lock-not-held', `${op.text}: ${op.under} is not held`);
  }
  const fault = reentryFault(run.plan, object, context, (other) => heldBy(run, other));
  if (fault === null) return true;
  run.misuse(context, object, fault, `${op.text} in ${run.plan.contexts[context]?.name}`);
  return false;
}

function isProtected(run: MachineRun, context: number, under: string): boolean {
  if (run.state.ww.some((known) => known.name === under && !known.isFinished)) return true;
  return run.plan.objects.some((object, number) => object.name === under && run.holdOf(context, number) !== null);
}

/** Entries of a `stack` object are left in the reverse order of entering. */
function leaveEntry(run: MachineRun, context: number, object: number, op: Op): void {
  const { reentry } = run.declared(object);
  if (!countsEntries(run.declared(object))) return;
  const { entries } = run.object(object);
  const newest = run.context(context).holds.findLast((hold) => run.declared(hold.object).reentry === 'stack');
  const isLast = entries.at(-1) === context && (newest === undefined || newest.object === object);
  if (reentry === 'stack' && !isLast) {
    run.misuse(context, object, 'out-of-order-release', `${op.text} before what was entered after it`);
  }
  const at = entries.lastIndexOf(context);
  if (at >= 0) entries.splice(at, 1);
}
