import { once } from 'node:events';
import workerpool from 'workerpool';

async function page(port) {
  port.postMessage('leaf'); // ask main to run a sub-task on the pool
  const [answer] = await once(port, 'message');
  port.close();
  return `page(${answer})`;
}

workerpool.worker({ page, leaf: () => 'leaf' });
