import './callbacks.mjs';
import './disposal.mjs';
import './generators.mjs';
import './handed-over.mjs';
import './joins.mjs';
import './lists.mjs';
import './shared-promises.mjs';
import './timers.mjs';
import './workers.mjs';

export { programs as blind } from './program.mjs';
