import { describeProcess, type ReportEnvironment } from '../../../reports/environment.ts';
import type { ClassKey, EventClass } from '../../../src/core/classes.ts';
import type { Dependency, Place } from '../../../src/core/dependency.ts';
import { FINDING_KINDS, type Finding } from '../../../src/core/finding.ts';
import type { ClassId, ContextId, Tick } from '../../../src/core/ids.ts';
import type { Stack } from '../../../src/core/stack.ts';

/** The process of the golden reports. */
export const SHOP: ReportEnvironment = describeProcess({
  packageName: 'shop',
  packageVersion: '1.4.2',
  nodeVersion: 'v22.11.0',
  platform: 'linux',
  arch: 'x64',
  pid: 4242,
  title: 'node',
  commandLine: ['node', 'server.js', '--name', 'corner shop'],
});

/** Classes by their printed name, made on first use: the same name is the same class. */
export class Classes {
  readonly #classes = new Map<string, EventClass>();

  get(name: string): EventClass {
    const [, keyName = name, sub = '0'] = /^(.*):(\d+)$/.exec(name) ?? [];
    const text = `${keyName}:${sub}`;
    const known = this.#classes.get(text);
    if (known !== undefined) return known;
    const id = this.#classes.size;
    const key: ClassKey = {
      id,
      name: keyName,
      site: null,
      kind: 'mutex',
      readers: 'none',
      capacity: 1,
      isByUse: false,
      captures: 0,
    };
    const made: EventClass = { id: id as ClassId, key, sub: Number(sub) };
    this.#classes.set(text, made);
    return made;
  }
}

/** A stack from lines like `placeOrder src/orders.ts:12:5`; a line without a place has a name only. */
export function stack(...lines: readonly string[]): Stack {
  return {
    frames: lines.map((text) => {
      const [, functionName = null, file = null, line = '0', column = '0'] =
        /^(.*?)(?: (\S+?)(?::(\d+):(\d+))?)?$/.exec(text) ?? [];
      return { functionName, file, line: Number(line), column: Number(column) };
    }),
  };
}

export interface Step {
  readonly context: string;
  /** `label(class)`, as reports print it; `(unknown)` for no label. */
  readonly S: string;
  readonly W: string;
  readonly E: string;
  readonly stacks?: { readonly S?: Stack; readonly W?: Stack; readonly E?: Stack };
  readonly more?: Partial<Dependency>;
}

function place(classes: Classes, text: string, at: Stack | undefined): Place {
  const [, label = '', name = ''] = /^(\(unknown\)|[^(]*)\((.*)\)$/.exec(text) ?? [];
  return { label: label === '(unknown)' ? null : label, class: classes.get(name), stack: at ?? null };
}

export function dependency(classes: Classes, step: Step, index: number): Dependency {
  const start = place(classes, step.S, step.stacks?.S);
  const wait = place(classes, step.W, step.stacks?.W);
  return {
    from: start.class,
    to: wait.class,
    rule: start.label === null ? 'event' : 'wait',
    context: { id: (index + 1) as ContextId, name: step.context, kind: 'async' },
    start,
    wait,
    event: place(classes, step.E, step.stacks?.E),
    waker: null,
    timed: false,
    irqs: [],
    irqStack: null,
    instances: null,
    at: (index + 1) as Tick,
    ...step.more,
  };
}

/** A circle from the lines a report prints. */
export function circular(steps: readonly Step[], more: Partial<Finding> = {}): Finding {
  const classes = new Classes();
  const circle = steps.map((step, index) => dependency(classes, step, index));
  return bare({ circle, ...more });
}

/** A finding without a circle. */
export function bare(more: Partial<Finding>): Finding {
  const code = more.code ?? 'DEPT001';
  return {
    code,
    kind: FINDING_KINDS[code],
    severity: 'error',
    fingerprint: '00000000000000ff',
    rules: 'dept',
    circle: [],
    message: 'placeOrder and refundOrder can wait for each other for ever.',
    help: [],
    predictedBy: null,
    openWaits: [],
    stack: null,
    at: 9 as Tick,
    ...more,
  };
}

const takeOrders = stack('placeOrder src/orders.ts:12:21', 'handle src/server.ts:40:9');
const takeStock = stack('Mutex.acquire node_modules/locks/index.js:8:3', 'placeOrder src/orders.ts:14:20');

/** Two functions that take two mutexes in opposite orders. */
export function abba(more: Partial<Finding> = {}): Finding {
  return circular(
    [
      {
        context: 'refundOrder',
        S: 'lock(stock:0)',
        W: 'lock(orders:0)',
        E: 'unlock(stock:0)',
        stacks: {
          S: stack('refundOrder src/refunds.ts:30:18', 'handle src/server.ts:52:9'),
          W: stack('refundOrder src/refunds.ts:33:18', 'handle src/server.ts:52:9'),
        },
      },
      {
        context: 'placeOrder',
        S: 'lock(orders:0)',
        W: 'lock(stock:0)',
        E: 'unlock(orders:0)',
        stacks: { S: takeOrders, W: takeStock },
      },
    ],
    {
      help: ['Take orders:0 and stock:0 in the same order everywhere, for example in this one.'],
      stack: stack(
        'refundOrder src/refunds.ts:33:18',
        'process.processTicksAndRejections node:internal/process/task_queues:95:5',
      ),
      ...more,
    },
  );
}
