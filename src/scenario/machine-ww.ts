import type { ScenarioContext } from './case.ts';
import { admit } from './machine-queues.ts';
import { type MachineRun, NO_WAIT } from './machine-run.ts';
import type { Op } from './op.ts';
import * as rules from './ww-rules.ts';

/** `ww_ctx_init`: a new acquire context, younger than those before it. */
export function initWw(run: MachineRun, context: number, op: Op): void {
  const made = rules.newWwContext(op.target, op.wwClass, run.state.ww.length + 1, op.foreign);
  report(run, context, -1, rules.initFault(made, ownWw(run, context)), op);
  run.state.ww.push(made);
}

/** Acquire contexts that this context initialised. */
function ownWw(run: MachineRun, context: number): readonly rules.WwContext[] {
  const { ops } = run.plan.contexts[context] as ScenarioContext;
  const names = new Set(ops.filter(({ verb }) => verb === 'ww_ctx_init').map(({ target }) => target));
  return run.state.ww.filter(({ name }) => names.has(name));
}

function wwNamed(run: MachineRun, name: string | null): rules.WwContext | null {
  return name === null ? null : (run.state.ww.findLast((known) => known.name === name) ?? null);
}

/** `ww_acquire`, `ww_acquire_slow`, `ww_acquire_noctx`: Wait-Die, as reservation_ww_class does it. */
export function acquireWw(run: MachineRun, context: number, op: Op): void {
  const object = run.plan.object(op.target);
  const ctx = wwNamed(run, op.ctx);
  const owner = ownerOf(run, object);
  if (ctx !== null && owner?.ctx === ctx) {
    expectResult(run, op, 'EALREADY');
    return;
  }
  if (ctx !== null) {
    const fault = op.verb === 'ww_acquire_slow' ? rules.slowFault : rules.acquireFault;
    report(run, context, object, fault(ctx, lockFacts(run, object)), op);
  }
  const { isForeign } = run.object(object);
  if (ctx !== null && ((isForeign && ctx.acquired > 0) || (owner?.ctx && rules.mustDie(ctx, owner.ctx)))) {
    ctx.contending = op.target;
    run.object(object).isForeign = false;
    die(run, context, op, ctx);
    return;
  }
  // A foreign holder is no part of the scenario: it lets go some day, so waiting for it is no wait here.
  run.object(object).isForeign = false;
  expectResult(run, op, 'ok');
  if (ctx !== null) ctx.acquired++;
  if (ctx?.contending === op.target) ctx.contending = null;
  const isFree = owner === null && run.object(object).queue.length === 0;
  run.ask(context, { ...NO_WAIT, kind: 'lock', object, timeoutMs: op.timeoutMs, ctx: op.ctx }, isFree);
}

/** Refused: goes on if the case says so; else backs off as code must, dropping all and starting again. */
function die(run: MachineRun, context: number, op: Op, ctx: rules.WwContext): void {
  if (op.result !== null) {
    expectResult(run, op, 'EDEADLK');
    return;
  }
  const state = run.context(context);
  for (const hold of state.holds.filter(({ ctx: name }) => name === ctx.name)) release(run, context, hold.object);
  ctx.acquired = 0;
  ctx.contending = null;
  const { ops } = run.plan.contexts[context] as ScenarioContext;
  const begin = ops.findIndex(({ verb, target }) => verb === 'ww_ctx_init' && target === ctx.name);
  state.pc = begin + 1;
}

export function tryWw(run: MachineRun, context: number, op: Op): void {
  const object = run.plan.object(op.target);
  const isFree = ownerOf(run, object) === null && !run.object(object).isForeign;
  if (op.result !== null && (op.result === 'ok') !== isFree) run.state.isOtherRun = true;
  if (!isFree) return;
  const ctx = wwNamed(run, op.ctx);
  if (ctx !== null) {
    report(run, context, object, rules.acquireFault(ctx, lockFacts(run, object)), op);
    ctx.acquired++;
    if (ctx.contending === op.target) ctx.contending = null;
  }
  run.addHold(context, object, 'write', 1, op.ctx);
  run.effects.takes(context, object, 'write');
}

export function releaseWw(run: MachineRun, context: number, op: Op): void {
  const object = run.plan.object(op.target);
  const hold = run.holdOf(context, object);
  if (hold === null) {
    run.misuse(context, object, 'bad-unlock', `${op.text}: ${op.target} is not held`);
    return;
  }
  const ctx = wwNamed(run, hold.ctx);
  report(run, context, object, rules.releaseFault(ctx), op);
  if (ctx !== null) ctx.acquired = Math.max(0, ctx.acquired - 1);
  release(run, context, object);
}

export function endWw(run: MachineRun, context: number, op: Op): void {
  const ctx = wwNamed(run, op.target);
  if (ctx === null) return;
  if (op.verb === 'ww_ctx_done') {
    report(run, context, -1, rules.doneFault(ctx), op);
    ctx.isDone = true;
  } else if (op.verb === 'ww_ctx_fini') {
    report(run, context, -1, rules.finiFault(ctx), op);
    ctx.isFinished = true;
  } else {
    ctx.acquired = 0;
  }
}

function release(run: MachineRun, context: number, object: number): void {
  const hold = run.holdOf(context, object);
  if (hold === null) return;
  run.dropHold(context, hold);
  run.effects.releases(context, context, object, true);
  admit(run, object);
}

function ownerOf(run: MachineRun, object: number): { readonly ctx: rules.WwContext | null } | null {
  for (const { holds } of run.state.contexts) {
    const hold = holds.find((held) => held.object === object);
    if (hold !== undefined) return { ctx: wwNamed(run, hold.ctx) };
  }
  return null;
}

function lockFacts(run: MachineRun, object: number): rules.WwLock {
  const { name, hasClass, className, staleContext } = run.declared(object);
  return { name, wwClass: hasClass ? className : null, staleContext };
}

function report(run: MachineRun, context: number, object: number, fault: string | null, op: Op): void {
  if (fault !== null) run.misuse(context, object, fault, op.text);
}

function expectResult(run: MachineRun, op: Op, result: string): void {
  if (op.result !== null && op.result !== result) run.state.isOtherRun = true;
}
