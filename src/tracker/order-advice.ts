import type { Dependency } from '../core/dependency.ts';
import { inWords } from '../core/in-words.ts';
import { waitsForTheEnd } from './asking-again.ts';
import { callerName } from './caller-names.ts';

/** What to do about several things that are each held by whoever waits for another one. */
export function orderAdvice(circle: readonly Dependency[]): readonly string[] {
  return makerAdvice(circle) ?? taskAdvice(circle) ?? instanceAdvice(circle) ?? classAdvice(circle);
}

/** What makes a resource of a pool waits for something that is held by whoever asks the pool. */
function makerAdvice(circle: readonly Dependency[]): readonly string[] | null {
  const making = circle.find(isOfMaker);
  if (making === undefined) return null;
  const pool = making.from.key.name;
  const needed = making.to.key.name;
  return [
    `Let the function that makes a resource of ${pool} do without ${needed}, or have what it needs ready before.`,
    `Or release ${needed} before asking ${pool} for a resource.`,
  ];
}

/** Somebody waits for a task while he holds what a task of that queue takes. */
function taskAdvice(circle: readonly Dependency[]): readonly string[] | null {
  const adding = circle.find(({ from, to }) => from.key.kind !== 'queue' && to.key.kind === 'queue');
  if (adding === undefined) return null;
  const { context, from, to, wait } = adding;
  const queue = to.key.name;
  const task = waitsForTheEnd(wait) ? `the end of ${queue}` : `a task of ${queue}`;
  const needed = circle.find((dependency) => dependency.from === to)?.to.key.name ?? from.key.name;
  return [
    `Do not wait for ${task} while ${from.key.name} is held, as ${context.name} does: release it first, or go on without the result.`,
    `Or let tasks of ${queue} do without ${needed}.`,
  ];
}

/** Several instances that have one name: the names tell no order. */
function instanceAdvice(circle: readonly Dependency[]): readonly string[] | null {
  const names = [...new Set(circle.map(({ from }) => from.key.name))].sort();
  if (names.length === circle.length) return null;
  return [
    `Take several of ${inWords(names)} in one fixed order everywhere, for example sorted by an id or a name.`,
    'Or release the first before asking for the next.',
  ];
}

/** The order that all contexts but the first have already. */
function classAdvice(circle: readonly Dependency[]): readonly string[] {
  const first = circle[0] as Dependency;
  const held = first.from.key.name;
  const wanted = first.to.key.name;
  const order = fromBehind(first, circle).map(({ from }) => from.key.name);
  const who = onlyOne(first, circle, takerOf) ?? onlyOne(first, circle, ({ context }) => context.name) ?? 'context A';
  const rule =
    order.length === 2 ? `Take ${wanted} before ${held} everywhere` : `Take ${inWords(order)} in this order everywhere`;
  return [`${rule}: it is ${who} that takes ${held} first.`, `Or let it release ${held} before it asks for ${wanted}.`];
}

/** A name that none of the others has. */
function onlyOne(
  dependency: Dependency,
  circle: readonly Dependency[],
  nameOf: (each: Dependency) => string,
): string | null {
  const name = nameOf(dependency);
  return circle.every((each) => each === dependency || nameOf(each) !== name) ? name : null;
}

/** The function that took what is held; who asks for the other one may be called by it. */
function takerOf({ context, start }: Dependency): string {
  return callerName(context, [start.stack]);
}

/** The circle as each leads to the next, with this one last. */
function fromBehind(last: Dependency, circle: readonly Dependency[]): readonly Dependency[] {
  const order: Dependency[] = [];
  for (let at = last; order.length < circle.length; ) {
    at = circle.find(({ from }) => from.key === at.to.key) ?? last;
    order.push(at);
  }
  return order;
}

/** True for what makes a resource of a pool, which has its place already. */
export function isOfMaker({ from, start }: Dependency): boolean {
  return from.key.kind === 'pool' && start.label === 'create';
}
