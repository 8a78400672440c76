import type { LibraryAdapter } from './adapter.ts';
import { watchedMaker } from './p-limit.ts';

/** plimit-lit 3: a p-limit of its own. */
export const plimitLit: LibraryAdapter = {
  name: 'plimit-lit',
  versions: '>=3.0.0 <4.0.0',
  rebinds: ['pLimit'],
  patch: (_exports, rebind) => (rebind('pLimit', watchedMaker('plimit-lit')) ? () => undefined : null),
};
