import type { LibraryAdapter } from './adapter.ts';
import { asyncMutex } from './async-mutex.ts';

/** Every library dept knows by itself. */
export const LIBRARY_ADAPTERS: readonly LibraryAdapter[] = Object.freeze([asyncMutex]);
