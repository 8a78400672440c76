import fc from 'fast-check';
import { type ClassKey, type EventClass, readersOf } from '../../../src/core/classes.ts';
import type { Dependency, Place } from '../../../src/core/dependency.ts';
import { FINDING_KINDS, type Finding, type FindingCode } from '../../../src/core/finding.ts';
import type { ClassId, ContextId, ObjectId, Tick } from '../../../src/core/ids.ts';
import type { Frame, Stack } from '../../../src/core/stack.ts';

/** Names with the characters that could upset a parser: colons, quotes, newlines, lone surrogates, nothing at all. */
const name = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom('A', 'A:0', '', 'a\nb', '__proto__', 'f (x)'),
);
const orNull = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { nil: null });

const frame: fc.Arbitrary<Frame> = fc.record({
  functionName: orNull(name),
  file: orNull(fc.oneof(name, fc.constantFrom('node:fs', 'src/a.ts'))),
  line: fc.nat(),
  column: fc.nat(),
});
const stack: fc.Arbitrary<Stack | null> = orNull(fc.record({ frames: fc.array(frame, { maxLength: 20 }) }));

const key = fc.record({ name, site: orNull(name), kind: name, capacity: fc.nat() });
const classes: fc.Arbitrary<readonly EventClass[]> = fc
  .array(fc.tuple(key, fc.nat({ max: 23 })), { minLength: 1, maxLength: 4 })
  .map((made) =>
    made.map(([parts, sub], id): EventClass => {
      const classKey: ClassKey = { ...parts, id, readers: readersOf(parts.kind), isByUse: false, captures: 3 };
      return { id: id as ClassId, key: classKey, sub };
    }),
  );

function dependency(all: readonly EventClass[]): fc.Arbitrary<Dependency> {
  const eventClass = fc.constantFrom(...all);
  const place = (of: EventClass): fc.Arbitrary<Place> =>
    fc.record({ label: orNull(name), class: fc.constant(of), stack });
  const tick = fc.nat().map((at) => at as Tick);
  const object = fc.nat().map((id) => id as ObjectId);
  return fc.tuple(eventClass, eventClass).chain(([from, to]) =>
    fc.record({
      from: fc.constant(from),
      to: fc.constant(to),
      rule: fc.constantFrom('wait' as const, 'event' as const, 'overlap' as const, 'release' as const, 'irq' as const),
      context: fc.record({
        id: fc.nat().map((id) => id as ContextId),
        name,
        kind: fc.constantFrom('main' as const, 'async' as const, 'task' as const, 'softirq' as const),
      }),
      start: place(from),
      wait: place(to),
      event: place(from),
      waker: stack,
      timed: fc.boolean(),
      irqs: fc.constantFrom([], ['softirq' as const], ['softirq' as const, 'hardirq' as const]),
      irqStack: stack,
      instances: orNull(fc.record({ from: object, fromLabel: name, to: object, toLabel: name })),
      at: tick,
    }),
  );
}

const openWait = fc.record({
  contextName: name,
  label: name,
  className: name,
  objectLabel: name,
  stack,
  ageMs: fc.nat(),
  alike: fc.integer({ min: 1, max: 9 }),
  owners: fc.array(
    fc.record({
      contextName: name,
      startLabel: name,
      stack,
      alike: fc.integer({ min: 1, max: 9 }),
      stoppedBy: fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 2 }),
    }),
    { maxLength: 2 },
  ),
});

const suspended = fc.record({
  name,
  stack,
  awaits: orNull(name),
  waitsFor: fc.array(fc.nat({ max: 3 }), { maxLength: 2 }),
  locals: fc.array(fc.record({ name, value: orNull(name) }), { maxLength: 2 }),
});

/** Any finding a tracker could make, and many it never would. */
export const arbitraryFinding: fc.Arbitrary<Finding> = classes.chain((all) =>
  fc
    .record({
      code: fc.constantFrom(...(Object.keys(FINDING_KINDS) as FindingCode[])),
      severity: fc.constantFrom('error' as const, 'warning' as const, 'info' as const),
      fingerprint: name,
      rules: fc.constantFrom('linux' as const, 'dept' as const),
      circle: fc.array(dependency(all), { maxLength: 3 }),
      message: name,
      help: fc.array(name, { maxLength: 2 }),
      predictedBy: orNull(name),
      openWaits: fc.array(openWait, { maxLength: 2 }),
      suspended: fc.array(suspended, { minLength: 1, maxLength: 3 }),
      stack,
      at: fc.nat().map((at) => at as Tick),
    })
    .map(({ suspended: functions, ...parts }) => (parts.circle.length > 0 ? parts : { ...parts, suspended: functions }))
    .map((parts) => ({ ...parts, kind: FINDING_KINDS[parts.code] })),
);
