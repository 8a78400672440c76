import { admit, isFreeFor, mustQueue } from './machine-queues.ts';
import { type MachineRun, NO_WAIT } from './machine-run.ts';
import type { Waiting } from './machine-state.ts';
import type { Op } from './op.ts';

/** `wait`, `wait_completion`, `await`: until the object is set. */
export function awaitSignal(run: MachineRun, context: number, op: Op): void {
  const object = run.plan.object(op.target);
  const state = run.object(object);
  const isFree = state.isSet;
  if (isFree && run.declared(object).autoreset) state.isSet = false;
  run.ask(context, { ...NO_WAIT, kind: 'signal', object, timeoutMs: op.timeoutMs }, isFree);
}

/** `event`, `complete`, `resolve`: stays set; with `autoreset` it lets one waiter through or is remembered once. */
export function signal(run: MachineRun, context: number, op: Op): void {
  const object = run.plan.object(op.target);
  run.effects.signals(context, object);
  if (!run.declared(object).autoreset) {
    run.object(object).isSet = true;
    wakeAll(run, object);
  } else if (!wakeFirst(run, object)) {
    run.object(object).isSet = true;
  }
}

/** @returns false when nobody waits */
function wakeFirst(run: MachineRun, object: number): boolean {
  const context = run.object(object).queue.shift();
  if (context === undefined) return false;
  run.grant(context, run.context(context).waiting as Waiting);
  return true;
}

function wakeAll(run: MachineRun, object: number): void {
  while (wakeFirst(run, object));
}

/** Gives up the mutex and waits in one step; goes on only with the mutex in hand again. */
export function waitCondition(run: MachineRun, context: number, op: Op): void {
  const object = run.plan.object(op.target);
  const mutex = run.plan.object(op.mutex as string);
  const hold = run.holdOf(context, mutex);
  if (hold === null || hold.mode === 'read') {
    run.misuse(context, mutex, 'cond-wait-without-mutex', `${op.text}: ${op.mutex} is not held`);
    return;
  }
  run.dropHold(context, hold);
  run.effects.releases(context, context, mutex, true);
  const waiting: Waiting = {
    ...NO_WAIT,
    kind: 'condition',
    object,
    mutex,
    amount: hold.count,
    timeoutMs: op.timeoutMs,
  };
  run.ask(context, waiting, false);
  admit(run, mutex);
}

export function notify(run: MachineRun, context: number, op: Op, all: boolean): void {
  const object = run.plan.object(op.target);
  run.effects.signals(context, object);
  const { queue } = run.object(object);
  for (const waiter of queue.splice(0, all ? queue.length : 1)) takeMutexAgain(run, waiter);
}

function takeMutexAgain(run: MachineRun, context: number): void {
  const { mutex, amount } = run.context(context).waiting as Waiting;
  run.effects.goesOn(context, run.context(context).waiting as Waiting, null);
  const again: Waiting = { ...NO_WAIT, kind: 'lock', object: mutex, mode: 'write', amount };
  run.ask(context, again, !mustQueue(run, context, again) && isFreeFor(run, context, again));
}

/** A send goes on when a receiver is there or a slot is free; on a closed channel it fails at once. */
export function send(run: MachineRun, context: number, op: Op): void {
  const object = run.plan.object(op.target);
  const channel = run.object(object);
  const waiting: Waiting = { ...NO_WAIT, kind: 'send', object, timeoutMs: op.timeoutMs };
  const isReceived = channel.queue.some((waiter) => run.context(waiter).waiting?.kind === 'receive');
  const hasSlot = channel.buffered < run.declared(object).capacity;
  run.effects.signals(context, object);
  if (!isReceived && hasSlot && !channel.isClosed) channel.buffered++;
  run.ask(context, waiting, channel.isClosed || isReceived || hasSlot);
  if (isReceived) wakeFirst(run, object);
}

/** A receive takes what is buffered, or meets a sender; on a closed and empty channel it ends at once. */
export function receive(run: MachineRun, context: number, op: Op): void {
  const object = run.plan.object(op.target);
  const channel = run.object(object);
  const waiting: Waiting = { ...NO_WAIT, kind: 'receive', object, timeoutMs: op.timeoutMs };
  const isSent = channel.queue.some((waiter) => run.context(waiter).waiting?.kind === 'send');
  const hasData = channel.buffered > 0;
  if (hasData && !isSent) channel.buffered--;
  run.ask(context, waiting, hasData || isSent || channel.isClosed);
  if (isSent) wakeFirst(run, object);
}

export function closeChannel(run: MachineRun, context: number, op: Op): void {
  const object = run.plan.object(op.target);
  run.object(object).isClosed = true;
  run.effects.signals(context, object);
  wakeAll(run, object);
}

/** The last sender that goes closes the channel. */
export function dropSender(run: MachineRun, context: number, op: Op): void {
  const channel = run.object(run.plan.object(op.target));
  channel.senders--;
  if (channel.senders <= 0) closeChannel(run, context, op);
}

export function meet(run: MachineRun, context: number, op: Op): void {
  const object = run.plan.object(op.target);
  const barrier = run.object(object);
  const isLast = barrier.arrived + 1 >= run.declared(object).parties;
  barrier.arrived = isLast ? 0 : barrier.arrived + 1;
  run.effects.signals(context, object);
  run.ask(context, { ...NO_WAIT, kind: 'barrier', object, timeoutMs: op.timeoutMs }, isLast);
  if (isLast) wakeAll(run, object);
}

/** Join: until the other context has ended, in whatever way. */
export function join(run: MachineRun, context: number, op: Op): void {
  const task = run.plan.context(op.target);
  const { phase, ending } = run.context(task);
  const isOver = phase === 'done' && ending !== 'abandoned';
  run.ask(context, { ...NO_WAIT, kind: 'task', task, timeoutMs: op.timeoutMs }, isOver);
}

export function park(run: MachineRun, context: number, op: Op): void {
  const state = run.context(context);
  const hasToken = state.hasToken;
  state.hasToken = false;
  run.ask(context, { ...NO_WAIT, kind: 'park', timeoutMs: op.timeoutMs }, hasToken);
}

export function unpark(run: MachineRun, context: number, op: Op): void {
  const parked = run.plan.context(op.target);
  run.effects.unparks(context, parked);
  const { waiting } = run.context(parked);
  if (waiting?.kind === 'park') run.grant(parked, waiting);
  else run.context(parked).hasToken = true;
}
