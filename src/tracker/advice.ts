import type { Dependency } from '../core/dependency.ts';
import { inWords } from '../core/in-words.ts';
import { adviceAgain, howAgain } from './asking-again.ts';
import { AWAITED_VALUES_ADVICE, adviceForValues, areAwaitedValues } from './awaited-values.ts';
import { runsOfOne } from './caller-names.ts';
import { isOfMaker, orderAdvice } from './order-advice.ts';
import { adviceForReader, howReaderWrites, whyReadersWait } from './reader-advice.ts';

/** What can happen, or does, in one sentence. */
export function sentence(circle: readonly Dependency[], when: 'some-day' | 'now' | 'until-timeout'): string {
  const isHappening = when !== 'some-day';
  const names = [...new Set(circle.map((dependency) => dependency.context.name))];
  const can = isHappening ? '' : 'can ';
  const forEver = when === 'until-timeout' ? 'until a timeout ends it' : 'for ever';
  if (circle.length === 1) return ofItself(circle[0] as Dependency, isHappening, forEver);
  if (areAwaitedValues(circle)) {
    const values = circle.map(({ from }) => from.key.name);
    return `${inWords(values)} ${can}wait for each other ${forEver}: each is awaited in the code that makes another one.`;
  }
  const runs = runsOfOne(names);
  if (runs !== null) {
    const count = circle.length === 2 ? 'Two' : circle.length;
    const classes = [...new Set(circle.map((dependency) => dependency.from.key.name))];
    const what = classes.length < circle.length ? `several of ${inWords(classes)}` : inWords(classes);
    return `${count} runs of ${runs} ${can}wait for each other ${forEver}: they take ${what} in different orders.`;
  }
  return `${inWords(names)} ${can}wait for each other ${forEver}.`;
}

/** A circle of one dependency. */
function ofItself(dependency: Dependency, isHappening: boolean, forEver: string): string {
  const { context, irqs, to } = dependency;
  const what = to.key.name;
  const waits = `${context.name} ${isHappening ? 'waits' : 'can wait'} ${forEver}`;
  if (isClosedFromInside(dependency)) {
    return `${waits}: it waits for the close of the server whose request it has not answered.`;
  }
  if (irqs.length > 0) {
    return `${context.name} ${isHappening ? 'hangs' : 'can hang'}: a ${irqs.join(' or ')} that comes while ${what} is held waits for ${what}.`;
  }
  if (isMaking(dependency)) {
    const one = to.key.capacity > 1 ? `one of the ${to.key.capacity}` : 'the only one';
    return `${waits}: it asks ${what} for a resource while it makes ${one}.`;
  }
  return `${waits}: ${howReaderWrites(dependency) ?? howAgain(dependency)}.`;
}

/** What to do about commands that stand behind one that blocks. */
export function ownConnection(shared: string): string {
  return `Let commands that block wait on a connection of their own, not on ${shared}: \`duplicate()\` gives one.`;
}

/** What to do about it, best advice first. @param isHappening true where it hangs now */
export function adviceFor(circle: readonly Dependency[], isHappening = false): readonly string[] {
  const first = circle[0] as Dependency;
  if (circle.some((dependency) => dependency.timed)) {
    return [
      'A timeout breaks this circle: check that it is meant to, and that giving up leaves nothing half done.',
      ...structural(circle, isHappening),
    ];
  }
  if (circle.length === 1 && first.irqs.length > 0) {
    return [
      `Disable ${first.irqs.join(' and ')}s while ${first.to.key.name} is held, or do not take it in the handler.`,
    ];
  }
  return structural(circle, isHappening);
}

function structural(circle: readonly Dependency[], isHappening: boolean): readonly string[] {
  const first = circle[0] as Dependency;
  const { key } = first.to;
  if (circle.length === 1 && isClosedFromInside(first)) {
    return [
      'Answer the request first, and close the server after that: without an await, or when the response has finished.',
      'Or close it outside of handlers, for example on a signal.',
    ];
  }
  if (circle.length === 1 && isMaking(first)) {
    return [
      `Use the resource that is being made, which the function is given, instead of asking ${key.name} for another one.`,
      `It hangs as soon as all ${key.capacity} places of ${key.name} are taken, by resources that are made or used.`,
    ];
  }
  if (circle.length === 1) return adviceForReader(first) ?? adviceAgain(first, isHappening);
  if (areAwaitedValues(circle)) return AWAITED_VALUES_ADVICE;
  const blocking = circle.find(({ start, from }) => start.label === 'block' && from.key.kind === 'connection');
  if (blocking !== undefined) {
    return [ownConnection(blocking.from.key.name)];
  }
  if (circle.some(({ from }) => from.key.kind === 'exchange')) {
    const held = circle.filter(({ from }) => from.key.kind !== 'exchange').map(({ from }) => from.key.name);
    return [
      `Release ${inWords(held)} before you send a request to your own server, or do not wait for it in the handler.`,
      'Or call what the handler does as a function, without a request, and tell it what is held already.',
    ];
  }
  const forValues = adviceForValues(circle);
  if (forValues !== null) return forValues;
  if (circle.every(({ from }) => from.key.kind === 'queue')) {
    const queues = [...new Set(circle.map(({ from }) => from.key.name))].sort();
    return [
      `Let tasks of one of ${inWords(queues)} not wait for tasks of another one: do that work before or after, outside of the task.`,
      'Or add them without waiting for them.',
    ];
  }
  const locks = circle.every((dependency) => dependency.start.label !== null);
  return locks
    ? [...orderAdvice(circle), ...whyReadersWait(circle)]
    : [
        `Trigger ${eventNames(circle)} before waiting for what its waiters hold, or release that before waiting for it.`,
        'Or wait for the event before taking the lock.',
      ];
}

function eventNames(circle: readonly Dependency[]): string {
  return circle
    .filter((dependency) => dependency.start.label === null)
    .map((dependency) => dependency.from.key.name)
    .join(', ');
}

function isMaking(dependency: Dependency): boolean {
  return dependency.from.key === dependency.to.key && isOfMaker(dependency);
}

/** A server's requests are its readers; who closes it waits for all of them. */
function isClosedFromInside({ from, to }: Dependency): boolean {
  return from.key === to.key && to.key.kind === 'http_server';
}
