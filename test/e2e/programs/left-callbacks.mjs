// A normal end: of what never comes there are callbacks. No function has stopped.
import { EventEmitter } from 'node:events';

const jobs = new EventEmitter();

/** As pools of tasks do, so that stacks of errors lead to who awaits the pool. */
function pool(tasks) {
  return new Promise((resolve) => {
    let left = tasks.length;
    for (const task of tasks) {
      const runner = task().then(() => {
        left -= 1;
        if (left === 0) resolve('all');
      });
      runner.then(() => new Promise(() => {})).then(resolve);
    }
  });
}

const never = new Promise((resolve) => jobs.once('never', resolve));
never.then(() => console.log('never said'));
console.log(await pool([async () => 1, async () => 2]));
