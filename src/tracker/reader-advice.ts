import { type EventClass, USER_SUBCLASSES } from '../core/classes.ts';
import type { Dependency, Place } from '../core/dependency.ts';

/** How who reads asks to write: the end of a sentence. Null where he does not, or where what is called does not say so. */
export function howReaderWrites(dependency: Dependency): string | null {
  const { name } = dependency.to.key;
  return asksAgain(dependency) && !reads(dependency.wait) ? `it asks to write ${name} while it reads it` : null;
}

/** What to do where who reads asks again for what he reads; null where he does not. */
export function adviceForReader(dependency: Dependency): readonly string[] | null {
  const { name } = dependency.to.key;
  if (!asksAgain(dependency)) return null;
  if (reads(dependency.wait)) {
    return [
      `Do not take ${name} again while it is held, not even to read: a writer that comes in between waits for the first reader, and the second one stands behind that writer.`,
      'Split off an inner function that expects it to be held.',
    ];
  }
  return [
    `Release ${name} before asking to write it, and look again at what was read; or ask to write from the start. Two readers that both ask to write wait for each other.`,
  ];
}

/** Why readers wait for each other at all; nothing where somebody writes. */
export function whyReadersWait(circle: readonly Dependency[]): readonly string[] {
  const isOfReaders = circle.every(({ from, to, wait }) => areReaders(from) && areReaders(to) && reads(wait));
  return isOfReaders ? ['All of them read: they wait for each other through writers that stand between them.'] : [];
}

function asksAgain({ from, to, start }: Dependency): boolean {
  return areReaders(from) && from.key === to.key && reads(start);
}

function areReaders({ key, sub }: EventClass): boolean {
  return key.readers !== 'none' && sub >= USER_SUBCLASSES;
}

/** As far as what is called says so: the readers of some locks call what the writers call. */
function reads({ label }: Place): boolean {
  return label !== null && /read|shared/i.test(label);
}
