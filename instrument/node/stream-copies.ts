import Stream from 'node:stream';
import { hasMethods } from '../shapes/has-methods.ts';
import type { StreamClasses } from './stream-links.ts';

/** Watches the classes of a package that has a copy of Node's streams. @returns what ends that */
type WatchClasses = (classes: StreamClasses) => () => void;

let watch: WatchClasses | null = null;

/** Copies that are met from now on are watched so. @returns what ends that */
export function watchStreamCopies(watchClasses: WatchClasses): () => void {
  watch = watchClasses;
  return () => {
    if (watch === watchClasses) watch = null;
  };
}

/** The module of a package has classes of streams of its own. @returns what ends their watch, or null when nobody looks */
export function meetStreamCopy(exports: Partial<Record<keyof StreamClasses, unknown>>): (() => void) | null {
  const { Readable, Writable, Duplex } = exports;
  const hasPrototype = (made: unknown, names: readonly string[]): boolean => {
    return typeof made === 'function' && hasMethods(made.prototype, names);
  };
  const isCopy =
    Readable !== Stream.Readable &&
    hasPrototype(Readable, ['push', 'pipe']) &&
    [Writable, Duplex].every((made) => hasPrototype(made, ['write', 'end']));
  return isCopy && watch !== null ? watch({ Readable, Writable, Duplex } as StreamClasses) : null;
}
