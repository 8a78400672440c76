import type { Session } from 'node:inspector';
import { createRequire } from 'node:module';
import { clearTimeout, setTimeout } from 'node:timers';

/** Where the inspector finds a function for a moment: no expression can name one of a module. */
const HANDED = Symbol.for('dept.handed');

/** A busy machine needs as many times as long for something as its processor does. */
const BUSY = 2;

/** Timers of one duration that are looked at: the first ones are due first. */
const MAX_OF_LIST = 100;

/**
 * A timer of Node, and the list of those of its duration, as far as they are needed: a ring of which the list is the start. Until Node 22 a
 * program may have put an object of its own there (`timers.enroll`).
 */
interface NodeTimer {
  readonly _idlePrev: NodeTimer;
  readonly _idleStart: number;
  readonly _idleTimeout: number;
  readonly _repeat?: number | null;
  hasRef?(): boolean;
}
type TimerLists = Readonly<Record<string, NodeTimer>>;

/** Those of this thread, looked for once. Null where they are not found, as in a Node without an inspector. */
let lists: TimerLists | null | undefined;

/**
 * True when a timer that runs once and keeps the program alive would run late if the processor was used for something else for that long:
 * whoever sleeps for it oversleeps. Node keeps its timers in a variable of its own, which the inspector of this process finds.
 */
export function wouldBeLate(processorMs: number): boolean {
  if (lists === undefined) lists = timerLists();
  if (lists === null) return false;
  const until = now() + BUSY * processorMs;
  return Object.values(lists).some((list) => hasDue(list, until));
}

function hasDue(list: NodeTimer, until: number): boolean {
  let looked = 0;
  for (let timer = list._idlePrev; timer !== list && looked < MAX_OF_LIST; timer = timer._idlePrev, looked++) {
    if (timer._idleStart + timer._idleTimeout > until) return false;
    if (timer._repeat === null && timer.hasRef?.() === true) return true;
  }
  return false;
}

/** What time it is to timers. */
function now(): number {
  const timer = setTimeout(() => undefined, 1);
  clearTimeout(timer);
  return (timer as unknown as NodeTimer)._idleStart;
}

function timerLists(): TimerLists | null {
  try {
    const inspector = createRequire(import.meta.url)('node:inspector') as typeof import('node:inspector');
    const session = new inspector.Session();
    session.connect();
    try {
      return variableOf(session, setTimeout, 'timerListMap') as TimerLists | null;
    } finally {
      session.disconnect();
    }
  } catch {
    return null;
  }
}

interface Remote {
  readonly value?: { readonly objectId?: string };
  readonly name: string;
}

/** The object that this variable around the function has. */
function variableOf(session: Session, around: object, variable: string): object | null {
  const post = <Result>(method: string, params: object): Result => {
    let given: Result | undefined;
    session.post(method, params, (error, result) => {
      if (error === null) given = result as Result;
    });
    if (given === undefined) throw new Error(method);
    return given;
  };
  const propertiesOf = (objectId: string): { result: readonly Remote[]; internalProperties?: readonly Remote[] } =>
    post('Runtime.getProperties', { objectId, ownProperties: true });
  const handed: { around: object; found: object | null } = { around, found: null };
  const shared = globalThis as { [HANDED]?: typeof handed };
  shared[HANDED] = handed;
  try {
    const evaluate = (expression: string): string =>
      post<{ result: { objectId: string } }>('Runtime.evaluate', { expression }).result.objectId;
    const name = `globalThis[Symbol.for(${JSON.stringify(HANDED.description)})]`;
    const inner = propertiesOf(evaluate(`${name}.around`)).internalProperties ?? [];
    const scopes = inner.find((each) => each.name === '[[Scopes]]')?.value?.objectId;
    for (const { value } of scopes === undefined ? [] : propertiesOf(scopes).result) {
      const variables = value?.objectId === undefined ? [] : propertiesOf(value.objectId).result;
      const objectId = variables.find((each) => each.name === variable)?.value?.objectId;
      if (objectId === undefined) continue;
      const keep = { functionDeclaration: 'function (handed) { handed.found = this; }' };
      post('Runtime.callFunctionOn', { ...keep, objectId, arguments: [{ objectId: evaluate(name) }] });
      break;
    }
    return handed.found;
  } finally {
    delete shared[HANDED];
  }
}
