// Loaded before dept: tells what of the heap is read.
import inspector from 'node:inspector';
import { syncBuiltinESMExports } from 'node:module';
import v8 from 'node:v8';

const { getHeapSnapshot } = v8;
v8.getHeapSnapshot = (options) => {
  process.stderr.write('heap\n');
  return getHeapSnapshot(options);
};
inspector.Session = class extends inspector.Session {
  connect() {
    process.stderr.write('places\n');
    super.connect();
  }
};
syncBuiltinESMExports();
