import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ClassDriver } from './class-driver.ts';

/** How a lock is taken in the random programs. */
type Mode = 'wlock' | 'rlock' | 'rlock_recursive' | 'trywlock' | 'tryrlock';

interface Take {
  readonly lock: number;
  readonly mode: Mode;
}

const NAMES = ['A', 'B', 'C', 'D'] as const;
const isTry = (mode: Mode): boolean => mode.startsWith('try');
const isRead = (mode: Mode): boolean => mode.includes('rlock');

/** Each context takes some distinct locks, one inside the other, then ends. */
const contexts = fc.array(
  fc.uniqueArray(
    fc.record({
      lock: fc.integer({ min: 0, max: NAMES.length - 1 }),
      mode: fc.constantFrom<Mode>('wlock', 'rlock', 'rlock_recursive', 'rlock_recursive', 'trywlock', 'tryrlock'),
    }),
    { minLength: 2, maxLength: 4, selector: (take) => take.lock },
  ),
  { minLength: 2, maxLength: 7 },
);

/** One flavoured order: who is held, exclusively or shared, while who is taken, by a recursive reader or otherwise. */
interface Order {
  readonly from: number;
  readonly to: number;
  readonly shared: boolean;
  readonly recursive: boolean;
}

/** Every held lock is ordered before the new one, by the definition: no walk that stops, no masks. */
function ordersOf(takes: readonly Take[]): Order[] {
  const last = takes.at(-1) as Take;
  if (isTry(last.mode)) return [];
  return takes.slice(0, -1).map(({ lock, mode }) => ({
    from: lock,
    to: last.lock,
    shared: isRead(mode),
    recursive: last.mode === 'rlock_recursive',
  }));
}

/** All circles of the orders by depth-first enumeration; true when one has no recursive reader before a shared holder. */
function hasStrongCircle(orders: readonly Order[]): boolean {
  const goOn = (path: readonly Order[]): boolean => {
    const [first, last] = [path[0] as Order, path.at(-1) as Order];
    if (last.to === first.from && !(last.recursive && first.shared)) return true;
    return orders.some((order) => {
      if (order.from !== last.to || (last.recursive && order.shared)) return false;
      if (path.some((before) => before.to === order.to && before.recursive === order.recursive)) return false;
      return goOn([...path, order]);
    });
  };
  return orders.some((order) => goOn([order]));
}

/** The number of the lock operation that closes the first strong circle; -1 if none does. */
function oracle(program: readonly (readonly Take[])[]): number {
  const orders: Order[] = [];
  let operation = 0;
  for (const takes of program) {
    for (let i = 1; i <= takes.length; i++, operation++) {
      orders.push(...ordersOf(takes.slice(0, i)));
      if (hasStrongCircle(orders)) return operation;
    }
  }
  return -1;
}

function lockdep(program: readonly (readonly Take[])[]): number {
  const driver = new ClassDriver();
  for (const name of NAMES) driver.define(name, 'rwlock');
  let operation = 0;
  for (const [i, takes] of program.entries()) {
    driver.context = driver.session.exactContext(`T${i}`);
    for (const { lock, mode } of takes) {
      driver.do(`${mode} ${NAMES[lock]}`);
      if (!driver.lockdep.on) return operation;
      operation++;
    }
  }
  return -1;
}

describe('strong circles', () => {
  test('are reported at the operation that closes them, and nothing else is', () => {
    let found = 0;
    fc.assert(
      fc.property(contexts, (program) => {
        const expected = oracle(program);
        if (expected >= 0) found++;
        expect(lockdep(program)).toBe(expected);
      }),
      { numRuns: 3000, seed: 20260101 },
    );
    // Both answers must occur often, or the comparison says little.
    expect(found).toBeGreaterThan(500);
    expect(found).toBeLessThan(2500);
  });
});
