import { DeptError } from '../core/dept-error.ts';
import { activeSession, misuse } from './hooks.ts';
import { InterruptController } from './interrupt-controller.ts';
import { deferred, type Parked } from './parked.ts';
import { RunQueue } from './run-queue.ts';
import { type ParkReason, type Runtime, type SpawnKind, setRuntime, type Thread } from './runtime.ts';
import { Task, type TaskKind } from './task.ts';
import { TimerQueue } from './timer-queue.ts';

export interface WorldOptions {
  /** Seeds the scheduler. Without seed and `choose` threads run in the order in which they became runnable. */
  readonly seed?: number;
  /** Picks which of the runnable threads runs next, by index. */
  readonly choose?: (runnable: readonly Task[]) => number;
  /** Jiffies of a second; 1000 if not given. */
  readonly hz?: number;
}

/** A thread nobody will ever wake. */
export interface StuckTask {
  readonly task: Task;
  readonly waitingFor: string;
}

export interface RunResult {
  readonly finished: readonly Task[];
  readonly stuck: readonly StuckTask[];
}

/** Microtask turns a thread may take between two stops; more mean that it awaits something the world cannot wake. */
const MAX_TURNS = 1_000_000;
/** The same for a thread that has several stops open and was woken from one that may not be enough. */
const MAX_TURNS_HALF_WOKEN = 10_000;
const NEXT_MICROTASK = Promise.resolve();

/**
 * A deterministic runtime: simulated threads over a virtual clock. Exactly one thread runs at a time, from where it was
 * woken to its next stop or end; a woken thread waits for its turn; when none can run, the clock jumps to the next
 * timer. Threads are asynchronous functions that await simulated primitives only, one at a time.
 */
export class World implements Runtime {
  readonly hz: number;
  readonly #tasks: Task[] = [];
  readonly #runnable: RunQueue;
  readonly #interrupts: InterruptController;
  readonly #timers = new TimerQueue();
  readonly #thrown: unknown[] = [];
  #now = 0;
  #running: Task | null = null;
  #turning = false;

  constructor(options: WorldOptions = {}) {
    this.hz = options.hz ?? 1000;
    this.#runnable = new RunQueue(options.seed, options.choose);
    this.#interrupts = new InterruptController(this.#runnable, (name, kind, handler) =>
      this.#make(name, kind, handler),
    );
  }

  /** Virtual milliseconds since the world began. */
  now(): number {
    return this.#now;
  }

  get jiffies(): number {
    return Math.floor((this.#now * this.hz) / 1000);
  }

  /** The thread that runs; null between two turns. */
  get running(): Task | null {
    return this.#running;
  }

  get thread(): Thread | null {
    return this.#running?.top ?? null;
  }

  /** Makes a thread, runnable from now on. */
  task(name: string, body: () => Promise<void> | void, options: { readonly kind?: TaskKind } = {}): Task {
    const task = this.#make(name, options.kind ?? 'task', body);
    this.#runnable.push(task);
    return task;
  }

  spawn(name: string, kind: SpawnKind, body: () => Promise<void>): void {
    this.task(name, body, { kind });
  }

  /** Calls back from the idle loop, as no thread. Use `softirq` in the callback for what a kernel timer does. */
  timer(callback: () => void, ms: number): () => void {
    return this.#timers.add(this.#now + ms, callback);
  }

  /** Sleeps for some time without any object (`msleep`). */
  sleep(ms: number): Promise<void> {
    const parked = this.park<void>({ what: `msleep(${ms})`, spins: false });
    this.timer(() => parked.wake(), ms);
    return parked.promise;
  }

  /** Busy-waits for some time, where sleeping is forbidden too (`mdelay`). */
  delay(ms: number): Promise<void> {
    const parked = this.park<void>({ what: `mdelay(${ms})`, spins: true });
    this.timer(() => parked.wake(), ms);
    return parked.promise;
  }

  /** Lets other threads run (`cond_resched`). */
  yield(): Promise<void> {
    const parked = this.park<void>({ what: 'cond_resched()', spins: false });
    parked.wake();
    return parked.promise;
  }

  park<T>(why: ParkReason): Parked<T> {
    const task = this.#running;
    const parked = deferred<T>();
    if (task === null) return parked;
    this.#refuseSleep(task, why);
    task.state = 'parked';
    // A reason may be shared between calls; the stop may not.
    const stop = { what: why.what };
    task.stops.add(stop);
    const goOn = (resume: () => void): void => {
      if (task.stops.delete(stop)) this.#wakeUp(task, resume);
    };
    return {
      promise: parked.promise,
      wake: (value) => goOn(() => parked.wake(value)),
      fail: (error) => goOn(() => parked.fail(error)),
    };
  }

  /** Raises a hard interrupt: see `softirq`, with `hardirq` for the type. */
  hardirq(handler: () => Promise<void> | void, name = 'hardirq'): Promise<boolean> {
    return this.#interrupts.raise(this.#running, 'hardirq', name, handler);
  }

  /**
   * Interrupts the running thread with a handler that must not sleep; the thread awaits the result. While the thread has
   * this type off, or none runs, the handler becomes a context of its own that comes next once it is allowed.
   *
   * @returns false when the handler was put off
   */
  softirq(handler: () => Promise<void> | void, name = 'softirq'): Promise<boolean> {
    return this.#interrupts.raise(this.#running, 'softirq', name, handler);
  }

  /**
   * Runs until nothing can run and no timer is left. May be called again after something outside woke a thread.
   *
   * @throws whatever threads threw, as an AggregateError when several did
   * @throws DeptError `ERR_DEPT_NESTED_RUN`, `ERR_DEPT_FOREIGN_AWAIT` when a thread awaits something that is not simulated
   */
  async run(): Promise<RunResult> {
    if (this.#turning) throw new DeptError('ERR_DEPT_NESTED_RUN', 'world.run() is called while the world runs.');
    this.#turning = true;
    const outer = setRuntime(this);
    try {
      for (;;) {
        const task = this.#runnable.next();
        if (task !== null) await this.#turn(task);
        else if (!this.#jump()) break;
      }
    } finally {
      setRuntime(outer);
      this.#turning = false;
    }
    this.#rethrow();
    return this.#result();
  }

  #make(name: string, kind: TaskKind, body: () => Promise<void> | void): Task {
    const task = new Task(name, kind, () => this.#interrupts.enabled(task));
    task.resume = () => void this.#live(task, body);
    this.#tasks.push(task);
    return task;
  }

  async #live(task: Task, body: () => Promise<void> | void): Promise<void> {
    try {
      await body();
    } catch (error) {
      task.error = error;
      this.#thrown.push(error);
    }
    task.state = 'ended';
    task.top.end();
  }

  #wakeUp(task: Task, resume: () => void): void {
    if (task.state === 'ended') return;
    if (task.state === 'runnable') {
      // Two stops are woken before the thread's next turn: both go on in it.
      const earlier = task.resume;
      task.resume = () => {
        earlier();
        resume();
      };
      return;
    }
    task.resume = resume;
    task.state = 'runnable';
    this.#runnable.push(task);
  }

  /**
   * One turn: the thread goes on, and microtasks run until it stops again or ends. Awaiting a resolved promise lets every
   * microtask queued before it run, so the loop needs nothing of the host but promises.
   */
  async #turn(task: Task): Promise<void> {
    const session = activeSession();
    const before = session?.current;
    this.#running = task;
    task.state = 'running';
    try {
      task.speak();
      task.resume();
      for (let turns = 0; task.state === 'running'; turns++) {
        if (task.stops.size > 0 && turns > MAX_TURNS_HALF_WOKEN) task.state = 'parked';
        else if (turns > MAX_TURNS) this.#foreign(task);
        else await NEXT_MICROTASK;
      }
    } finally {
      this.#running = null;
      if (session !== null && before !== undefined) session.current = before;
    }
  }

  #foreign(task: Task): never {
    throw new DeptError(
      'ERR_DEPT_FOREIGN_AWAIT',
      `${task.name} awaits something the world cannot wake: host timers, I/O or a promise of another world. ` +
        'Use world.sleep() and simulated primitives inside of threads.',
    );
  }

  /** Moves the clock to the next timer. @returns false without one */
  #jump(): boolean {
    const at = this.#timers.next;
    if (at === null) return false;
    this.#now = Math.max(this.#now, at);
    this.#timers.shift()?.();
    return true;
  }

  #refuseSleep(task: Task, why: ParkReason): void {
    if (why.spins || !task.top.atomic) return;
    const message = `scheduling while atomic: ${task.top.name} may not sleep in ${why.what}. Use delay() there.`;
    misuse('scheduling-while-atomic', null, message);
    throw new DeptError('ERR_DEPT_ATOMIC', message);
  }

  #rethrow(): void {
    const thrown = this.#thrown.splice(0);
    if (thrown.length === 1) throw thrown[0];
    if (thrown.length > 1) throw new AggregateError(thrown, `${thrown.length} threads threw`);
  }

  #result(): RunResult {
    const stuck = this.#tasks
      .filter((task) => task.state === 'parked')
      .map((task) => ({ task, waitingFor: task.waitingFor ?? 'unknown' }));
    return { finished: this.#tasks.filter((task) => task.state === 'ended'), stuck };
  }
}
