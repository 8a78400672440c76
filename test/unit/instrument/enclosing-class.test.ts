import { expect, test } from 'vitest';
import { enclosingClass } from '../../../instrument/stacks/enclosing-class.ts';

/** The class of the line that holds `HERE`. */
function classOf(source: string): string | null {
  const lines = source.split('\n');
  return enclosingClass(
    lines,
    lines.findIndex((line) => line.includes('HERE')),
  );
}

test('a line of a method is in its class', () => {
  const source = `
export abstract class Stock<T> extends Base {
  #lock = new Mutex();

  // class Other
  async sell(
    count: number,
  ): Promise<void> {
    for (const item of this.items) {
      if (item.isFree) {

        await this.#lock.acquire(); // HERE
      }
    }
  }
}`;
  expect(classOf(source)).toBe('Stock');
});

test('the innermost class counts, not one that ended before', () => {
  const source = `
class First {
  run() {}
}
function make() {
  const inner = class Inner {
    run = async () => {
      await this.lock.acquire(); // HERE
    };
  };
}`;
  expect(classOf(source)).toBe('Inner');
});

test('an arrow function has the `this` of its method', () => {
  const source = `
class Pricing {
  constructor(cart) {
    cart.on('changed', () => {
      return this.lock.acquire(); // HERE
    });
  }
}`;
  expect(classOf(source)).toBe('Pricing');
});

test.each([
  ['a function', 'bus.on(function () {'],
  ['a method of an object', 'async run(work) {'],
])('%s inside a method has a `this` of its own', (_, line) => {
  const source = `
class Pricing {
  start() {
    ${line}
      return this.lock.acquire(); // HERE
    });
  }
}`;
  expect(classOf(source)).toBeNull();
});

test.each(['this.lock.acquire(); // HERE', 'const locks = {\n  use() {\n    this.lock.acquire(); // HERE'])(
  'outside of every class: %s',
  (source) => {
    expect(classOf(`class Before {\n  x = 1;\n}\n${source}`)).toBeNull();
  },
);

test('a class without a name has none', () => {
  expect(classOf('export default class extends Base {\n  run() {\n    this.lock.acquire(); // HERE')).toBeNull();
});
