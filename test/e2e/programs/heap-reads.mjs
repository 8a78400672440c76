// Loaded before dept: tells what of the heap is read.
import inspector from 'node:inspector';
import { syncBuiltinESMExports } from 'node:module';
import v8 from 'node:v8';

const { getHeapSnapshot } = v8;
v8.getHeapSnapshot = (options) => {
  process.stderr.write('heap\n');
  return getHeapSnapshot(options);
};
let isTold = false;
inspector.Session = class extends inspector.Session {
  post(method, ...rest) {
    // The line of one function; their texts cost less.
    if (method === 'HeapProfiler.getObjectByHeapObjectId' && !isTold) process.stderr.write('places\n');
    isTold ||= method === 'HeapProfiler.getObjectByHeapObjectId';
    super.post(method, ...rest);
  }
};
syncBuiltinESMExports();
